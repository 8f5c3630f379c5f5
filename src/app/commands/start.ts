import type { BrokerOptions } from '../options.js';
import { runUntilStopped } from '../run.js';

/**
 * Runs a broker until it is told to end. On SIGHUP it reads tokens and certificates again.
 * @throws what keeps the broker from starting, or ends it
 */
export async function start(options: BrokerOptions): Promise<void> {
  let reload = () => {};
  const onHangUp = () => reload();
  // Where there is nothing to read again, the end of the terminal ends the broker, as it does other programs.
  if (options.access.tokens !== undefined || options.tls !== undefined) process.on('SIGHUP', onHangUp);
  try {
    await runUntilStopped(async () => {
      const { startBroker } = await import('../lifecycle.js');
      const broker = await startBroker(options);
      reload = () => broker.reload();
      return broker;
    });
  } finally {
    process.off('SIGHUP', onHangUp);
  }
}
