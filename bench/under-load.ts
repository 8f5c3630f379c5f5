import { jobFor, type OneWay, type RoundTrips } from './load/job.js';
import { does } from './load/load.js';
import type { Peer } from './peers/peer.js';
import type { Contender } from './question.js';

/** A peer that is measured while work is done with it. */
export function underLoad(work: RoundTrips | OneWay, peer: Peer): Contender {
  return {
    name: peer.name,
    version: peer.version,
    async start(folder, settings) {
      const running = await peer.start(folder);
      const job = jobFor(work, running, settings);
      return { measure: () => does(job), stop: () => running.stop() };
    },
  };
}

/** 32 who ask, 8 who answer. */
export const ROUND_TRIPS: RoundTrips = { kind: 'round-trips', clients: 32, workers: 8 };
