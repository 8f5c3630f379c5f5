import { describe } from 'mocha';
import { type Poller, poller } from '../../src/sockets/poller.js';

/** A suite of what the native part does. Where that is not built it is skipped, by name; in CI it fails instead. */
export function withPoller(title: string, suite: (poller: Poller) => void): void {
  const found = poller();
  if (found !== undefined) describe(title, () => suite(found));
  else if (process.env.CI === undefined) describe.skip(`${title} (the native part is not built)`, () => undefined);
  else throw new Error('the native part is not built, of which these are tests');
}
