import type { BrokerOptions } from '../options.js';

/**
 * Runs a broker until it is told to end. The first SIGTERM or SIGINT lets it finish what is in flight, the second
 * ends the process at once.
 * @throws what keeps the broker from starting, or ends it
 */
export async function start(options: BrokerOptions): Promise<void> {
  let signalled = false;
  let stop = () => {};
  const onSignal = () => {
    if (signalled) {
      process.stderr.write('msglite: ended at once by a second signal\n');
      process.exit(1);
    }
    signalled = true;
    stop();
  };
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
    await Promise.race([broker.stopped, stopFailed]);
  } finally {
    process.off('SIGTERM', onSignal);
    process.off('SIGINT', onSignal);
  }
}
