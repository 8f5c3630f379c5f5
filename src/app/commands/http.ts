import type { ProxyOptions } from '../options.js';
import { runUntilStopped } from '../run.js';

/**
 * `msglite http`: runs an HTTP proxy in a process of its own until it is told to end.
 * @throws what keeps it from starting
 */
export function http(options: ProxyOptions): Promise<void> {
  return runUntilStopped(async () => {
    const { startProxy } = await import('../proxy.js');
    return startProxy(options);
  });
}
