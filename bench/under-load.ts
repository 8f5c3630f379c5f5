import { BODY, type Job, type OneWay, type RoundTrips } from './load/job.js';
import { does } from './load/load.js';
import type { Peer } from './peers/peer.js';
import type { Contender } from './question.js';

/** A peer that is measured while work is done with it. */
export function underLoad(work: RoundTrips | OneWay, peer: Peer): Contender {
  return {
    name: peer.name,
    version: peer.version,
    async start(folder, { seconds, warm }) {
      const { ask, answer, pids, stop } = await peer.start(folder);
      const job: Job = { work, ask, answer, body: BODY, pids, seconds, warm };
      return { measure: () => does(job), stop: () => stop() };
    },
  };
}

/** 32 who ask, 8 who answer. */
export const ROUND_TRIPS: RoundTrips = { kind: 'round-trips', clients: 32, workers: 8 };
