import { anew } from '../anew.js';
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
  return anew(peer, async (running, _settings, begun) => {
    await firstAnswer(running.ask);
    return { start: performance.now() - begun };
  });
}
