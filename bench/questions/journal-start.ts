import { firstAnswer } from '../load/first-answer.js';
import { BODY } from '../load/job.js';
import { does } from '../load/load.js';
import { memoryOf } from '../machine/usage.js';
import { beanstalkd } from '../peers/beanstalkd.js';
import { msglite } from '../peers/msglite.js';
import type { Peer } from '../peers/peer.js';
import { redis } from '../peers/redis.js';
import type { Contender, Question } from '../question.js';

/** beanstalkd syncs now and then, or its million would take a quarter of an hour. */
const CONTENDERS = [msglite({ tagged: true, journal: true }), redis({ synced: true }), beanstalkd({ kept: true })];

export const journalStart: Question = {
  name: 'journal-start',
  asks: 'Killed with 1,000,000 messages on disk, how long after its new start does a broker take another one?',
  contenders: CONTENDERS.map(killed),
  judged: 'start',
  targets: [{ atMost: 3000, aim: 500 }],
};

function killed(peer: Peer): Contender {
  return {
    name: peer.name,
    version: peer.version,
    async start(folder, { million, seconds, warm }) {
      const { ask, answer, pids, stop } = await peer.start(folder);
      try {
        const work = { kind: 'fill', messages: million, addresses: 1 } as const;
        await does({ work, ask, answer, body: BODY, pids, seconds, warm });
      } finally {
        await stop('SIGKILL');
      }
      return {
        async measure() {
          const begun = performance.now();
          const again = await peer.start(folder);
          try {
            await firstAnswer(again.ask);
            return { start: performance.now() - begun, memory: memoryOf(again.pids) };
          } finally {
            await again.stop('SIGKILL');
          }
        },
        stop: async () => undefined,
      };
    },
  };
}
