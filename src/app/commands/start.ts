import type { BrokerOptions } from '../options.js';

/**
 * Runs a broker until it is told to end. The first SIGTERM or SIGINT lets it finish what is in flight, the second
 * ends the process at once. On SIGHUP it reads tokens and certificates again.
 * @throws what keeps the broker from starting, or ends it
 */
export async function start(options: BrokerOptions): Promise<void> {
  let signalled = false;
  let stop = () => {};
  let reload = () => {};
  const onSignal = () => {
    if (signalled) {
      process.stderr.write('msglite: ended at once by a second signal\n');
      process.exit(1);
    }
    signalled = true;
    stop();
  };
  const onHangUp = () => reload();
  // Where there is nothing to read again, the end of the terminal ends the broker, as it does other programs.
  if (options.access.tokens !== undefined || options.tls !== undefined) process.on('SIGHUP', onHangUp);
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  try {
    // Here, so that the other commands and the help need not wait until SQLite is loaded.
    const { startBroker } = await import('../lifecycle.js');
    const broker = await startBroker(options);
    const stopFailed = new Promise<never>((_, reject) => {
      stop = () => broker.stop().catch(reject);
    });
    if (signalled) stop();
    reload = () => broker.reload();
    await Promise.race([broker.stopped, stopFailed]);
  } finally {
    process.off('SIGHUP', onHangUp);
    process.off('SIGTERM', onSignal);
    process.off('SIGINT', onSignal);
  }
}
