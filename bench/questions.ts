import type { Question } from './question.js';
import { oneWay } from './questions/one-way.js';
import { oneWayJournaled } from './questions/one-way-journaled.js';
import { roundTripsJournaled } from './questions/round-trips-journaled.js';
import { roundTripsTcp } from './questions/round-trips-tcp.js';
import { roundTripsUnix } from './questions/round-trips-unix.js';

/** All that is asked, in the order in which it is answered. */
export const QUESTIONS: readonly Question[] = [
  roundTripsUnix,
  roundTripsTcp,
  oneWay,
  roundTripsJournaled,
  oneWayJournaled,
];
