import { floor } from '../peers/floor.js';
import { msglite } from '../peers/msglite.js';
import { redis } from '../peers/redis.js';
import type { Question } from '../question.js';
import { ROUND_TRIPS, underLoad } from '../under-load.js';

export const roundTripsUnix: Question = {
  name: 'round-trips-unix',
  asks: 'What does a question and its answer cost the broker on unix sockets, when nothing is kept on disk?',
  contenders: [msglite(), redis(), floor].map((peer) => underLoad(ROUND_TRIPS, peer)),
  judged: 'cpu',
  targets: [
    { over: 'redis', atMost: 1.0, aim: 0.75 },
    { over: 'floor', atMost: 1.9, aim: 1.4 },
  ],
};
