import { msglite } from '../peers/msglite.js';
import { redis } from '../peers/redis.js';
import type { Question } from '../question.js';
import { underLoad } from '../under-load.js';

export const oneWay: Question = {
  name: 'one-way',
  asks: 'How many messages get from one producer to one consumer, when each sends and asks for 100 at a time?',
  contenders: [msglite(), redis()].map((peer) =>
    underLoad({ kind: 'one-way', producers: 1, consumers: 1, outstanding: 100 }, peer),
  ),
  judged: 'rate',
  targets: [{ over: 'redis', atLeast: 0.8, aim: 1.2 }],
};
