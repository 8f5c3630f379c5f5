import { MsgliteError } from './errors.js';
import type { Link } from './link/link.js';
import type { Timing } from './timing.js';

/** Milliseconds we wait for the broker to say that it has carried out everything. */
const FAREWELL = 5000;

/**
 * The last flush of a client, which has so much time.
 * @returns what was not known to be carried out by then, as an error
 */
export function flushLast(link: Link, timing: Timing): Promise<MsgliteError | undefined> {
  // Without a connection there is nobody to ask, and if nothing was asked, nothing to ask for.
  if (!link.isUp && !link.isBusy) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const lost = (why: string) =>
      new MsgliteError('connection-lost', `the broker may not have carried out all: ${why}`);
    const alarm = timing.alarm(() => resolve(lost('it did not answer in time')));
    alarm.set(timing.now() + FAREWELL);
    link.flush((refusal) => {
      alarm.clear();
      resolve(refusal === undefined ? undefined : lost(refusal.text));
    });
  });
}
