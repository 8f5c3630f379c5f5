import { BODY } from '../load/job.js';
import { does } from '../load/load.js';
import { memoryOf } from '../machine/usage.js';
import { beanstalkd } from '../peers/beanstalkd.js';
import { msglite } from '../peers/msglite.js';
import type { Peer } from '../peers/peer.js';
import { redis } from '../peers/redis.js';
import type { Contender, Question } from '../question.js';

export const residentMemory: Question = {
  name: 'resident-memory',
  asks: 'How much memory do 1,000,000 queued messages of 100 bytes take, and how long does one take to be queued?',
  contenders: [msglite({ tagged: true }), redis(), beanstalkd()].map(filledAnew),
  judged: 'memory',
  targets: [{ atMost: 350, aim: 220 }],
};

/** Started for each round: memory that was once used is not given back. */
function filledAnew(peer: Peer): Contender {
  return {
    name: peer.name,
    version: peer.version,
    async start(folder, { million, seconds, warm }) {
      return {
        async measure() {
          const { ask, answer, pids, stop } = await peer.start(folder);
          try {
            const work = { kind: 'fill', messages: million, addresses: 1 } as const;
            const { rate, cpu } = await does({ work, ask, answer, body: BODY, pids, seconds, warm });
            // What was needed for a moment only may go.
            await new Promise((resolve) => setTimeout(resolve, warm * 1000));
            return { ...(rate && { rate }), ...(cpu && { cpu }), memory: memoryOf(pids) };
          } finally {
            await stop('SIGKILL');
          }
        },
        stop: async () => undefined,
      };
    },
  };
}
