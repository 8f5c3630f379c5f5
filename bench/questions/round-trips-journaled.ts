import { msglite } from '../peers/msglite.js';
import { redis } from '../peers/redis.js';
import type { Question } from '../question.js';
import { ROUND_TRIPS, underLoad } from '../under-load.js';

export const roundTripsJournaled: Question = {
  name: 'round-trips-journaled',
  asks: 'How many questions are answered when each has a receipt, is leased to a worker, and finished by it, all of it on disk?',
  contenders: [msglite({ tagged: true, journal: true }), redis({ synced: true })].map((peer) =>
    underLoad(ROUND_TRIPS, peer),
  ),
  judged: 'rate',
  targets: [{ over: 'redis', atLeast: 1.5, aim: 3 }],
};
