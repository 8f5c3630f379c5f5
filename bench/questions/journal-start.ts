import { anew, filled, type Trial } from '../anew.js';
import { firstAnswer } from '../load/first-answer.js';
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
  const answers: Trial = async (running, _settings, begun) => {
    await firstAnswer(running.ask);
    return { start: performance.now() - begun, memory: memoryOf(running.pids) };
  };
  return anew(peer, answers, filled);
}
