import { anew, filled } from '../anew.js';
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
  return anew(peer, async (running, settings) => {
    const { rate, cpu } = await filled(running, settings);
    // What was needed for a moment only may go.
    await new Promise((resolve) => setTimeout(resolve, settings.warm * 1000));
    return { ...(rate && { rate }), ...(cpu && { cpu }), memory: memoryOf(running.pids) };
  });
}
