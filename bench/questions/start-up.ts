import { firstAnswer } from '../load/first-answer.js';
import { beanstalkd } from '../peers/beanstalkd.js';
import { msglite } from '../peers/msglite.js';
import { nats } from '../peers/nats.js';
import type { Peer } from '../peers/peer.js';
import { redis } from '../peers/redis.js';
import type { Contender, Question } from '../question.js';

export const startUp: Question = {
  name: 'start-up',
  asks: 'How long after the start of its process does a broker give its first answer?',
  contenders: [msglite(), redis(), nats, beanstalkd()].map(startedAnew),
  judged: 'start',
  targets: [{ atMost: 300, aim: 120 }],
};

function startedAnew(peer: Peer): Contender {
  return {
    name: peer.name,
    version: peer.version,
    async start(folder) {
      return {
        async measure() {
          const begun = performance.now();
          const running = await peer.start(folder);
          await firstAnswer(running.ask);
          const start = performance.now() - begun;
          await running.stop();
          return { start };
        },
        stop: async () => undefined,
      };
    },
  };
}
