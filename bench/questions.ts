import type { Question } from './question.js';
import { besideAMillion } from './questions/beside-a-million.js';
import { http, httpApart } from './questions/http.js';
import { journalStart } from './questions/journal-start.js';
import { longestStall } from './questions/longest-stall.js';
import { oneWay } from './questions/one-way.js';
import { oneWayJournaled } from './questions/one-way-journaled.js';
import { residentMemory } from './questions/resident-memory.js';
import { roundTripsJournaled } from './questions/round-trips-journaled.js';
import { roundTripsTcp } from './questions/round-trips-tcp.js';
import { roundTripsUnix } from './questions/round-trips-unix.js';
import { startUp } from './questions/start-up.js';
import { workersPsgi, workersRack, workersWsgi } from './questions/workers.js';

/** All that is asked, in the order in which it is answered. */
export const QUESTIONS: readonly Question[] = [
  roundTripsUnix,
  roundTripsTcp,
  oneWay,
  roundTripsJournaled,
  oneWayJournaled,
  http,
  httpApart,
  workersWsgi,
  workersRack,
  workersPsgi,
  residentMemory,
  besideAMillion,
  journalStart,
  longestStall,
  startUp,
];
