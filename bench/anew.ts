import type { Figures } from './figures.js';
import { type Fill, jobFor } from './load/job.js';
import { does } from './load/load.js';
import type { Peer, Running } from './peers/peer.js';
import type { Contender, Settings } from './question.js';

/** What is done with one that was just started. @param begun when its process was, as `performance.now` tells it */
export type Trial = (running: Running, settings: Settings, begun: number) => Promise<Figures>;

/**
 * A peer that is started for each measurement, and killed after it. What it keeps is there the next time.
 * @param before done once, in the same way
 */
export function anew(peer: Peer, trial: Trial, before?: Trial): Contender {
  return {
    name: peer.name,
    version: peer.version,
    async start(folder, settings) {
      const run = async (what: Trial) => {
        const begun = performance.now();
        const running = await peer.start(folder);
        try {
          return await what(running, settings, begun);
        } finally {
          await running.stop('SIGKILL');
        }
      };
      if (before !== undefined) await run(before);
      return { measure: () => run(trial), stop: async () => undefined };
    },
  };
}

/** Sends it a million messages for one address. */
export function filled(running: Running, settings: Settings): Promise<Figures> {
  const work: Fill = { kind: 'fill', messages: settings.million, addresses: 1 };
  return does(jobFor(work, running, settings));
}
