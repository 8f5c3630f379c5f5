import type { BrokerOptions } from '../options.js';
import { runUntilStopped } from '../run.js';

/**
 * Runs a broker until it is told to end.
 * @throws what keeps the broker from starting, or ends it
 */
export function start(options: BrokerOptions): Promise<void> {
  return runUntilStopped(async () => {
    // Here, so that the other commands and the help need not wait until SQLite is loaded.
    const { startBroker } = await import('../lifecycle.js');
    return startBroker(options);
  });
}
