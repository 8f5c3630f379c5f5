import { beanstalkd } from '../peers/beanstalkd.js';
import { msglite } from '../peers/msglite.js';
import { redis } from '../peers/redis.js';
import type { Question } from '../question.js';
import { underLoad } from '../under-load.js';

export const oneWayJournaled: Question = {
  name: 'one-way-journaled',
  asks: 'How many messages get from 4 producers with 50 outstanding to 4 consumers, each on disk, or received, before its receipt?',
  contenders: [msglite({ tagged: true, journal: true }), redis({ synced: true }), beanstalkd({ synced: true })].map(
    (peer) => underLoad({ kind: 'one-way', producers: 4, consumers: 4, outstanding: 50 }, peer),
  ),
  judged: 'rate',
  targets: [
    { over: 'redis', atLeast: 0.7, aim: 1.2 },
    { over: 'beanstalkd', atLeast: 10, aim: 30 },
  ],
};
