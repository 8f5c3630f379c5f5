import { type Idle, jobFor } from '../load/job.js';
import { does, Load } from '../load/load.js';
import { msglite } from '../peers/msglite.js';
import type { Contender, Question } from '../question.js';
import { ROUND_TRIPS, underLoad } from '../under-load.js';

const EMPTY = 'an empty one';

/** Other messages and connections than those of the round trips. */
export const besideAMillion: Question = {
  name: 'beside-a-million',
  asks: 'What does a round trip cost beside 1,000,000 messages on 100,000 other addresses and 5,000 idle connections?',
  contenders: [crowded(), underLoad(ROUND_TRIPS, msglite({ name: EMPTY }))],
  judged: 'cpu',
  targets: [{ over: EMPTY, atMost: 1.1, aim: 1.02 }],
};

function crowded(): Contender {
  const peer = msglite();
  return {
    ...peer,
    async start(folder, settings) {
      const running = await peer.start(folder);
      const { million } = settings;
      const job = jobFor(ROUND_TRIPS, running, settings);
      const ask = { ...running.ask, protocol: 'tagged' } as const;
      const messages = { kind: 'fill', messages: million, addresses: Math.ceil(million / 10) } as const;
      const connections: Idle = { kind: 'idle', connections: Math.ceil(million / 200) };
      const crowd = new Load({ ...job, ask, work: connections });
      const end = async () => {
        await crowd.end();
        await running.stop('SIGKILL');
      };
      try {
        await crowd.done();
        await does({ ...job, ask, work: messages });
      } catch (error) {
        await end();
        throw error;
      }
      return { measure: () => does(job), stop: end };
    },
  };
}
