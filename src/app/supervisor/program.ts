import 'reflect-metadata';
import type { ListenAddress } from '../../adapters/tcp/listen.js';
import { EXIT, exitCodeOf } from '../exit.js';
import { type Running, runUntilStopped } from '../run.js';
import type { Order, Report, Work } from './orders.js';

/** The program of a process under the supervisor: loads what its part needs, and waits for orders. */
async function run(part: string | undefined): Promise<void> {
  if (process.send === undefined) throw new Error('this is started by "msglite up" only');
  process.title = `msglite ${part}`;
  const work = new Promise<Work>((begin) => {
    process.on('message', (message) => {
      const order = message as Order;
      if (order.order === 'begin') begin(order.work);
    });
    process.once('disconnect', endAtOnce);
  });
  await (part === 'proxy' ? import('../proxy.js') : import('../lifecycle.js'));
  report({ report: 'loaded' });
  const given = await work;
  process.off('disconnect', endAtOnce);
  await runUntilStopped(
    async () => {
      const running = await begin(given);
      report({ report: 'ready', addresses: running.addresses });
      return running;
    },
    (stop) => {
      process.on('message', (message) => {
        const order = message as Order;
        if (order.order === 'stop') stop(order.drain);
      });
      // The supervisor is gone: nobody would ever end us.
      process.once('disconnect', () => stop());
      if (!process.connected) stop();
    },
  );
}

/** There is nothing to begin any more, and nothing to finish. */
function endAtOnce(): never {
  process.exit(EXIT.failed);
}

async function begin(work: Work): Promise<Running & { readonly addresses: readonly ListenAddress[] }> {
  if (work.part === 'broker') return (await import('../lifecycle.js')).startBroker(work.options);
  return (await import('../proxy.js')).startProxy(work.options);
}

/** One that can't be told is for a supervisor that has gone; 'disconnect' says so. */
function report(what: Report): void {
  if (process.connected) process.send?.(what, undefined, undefined, () => undefined);
}

try {
  await run(process.argv[2]);
  process.exit(EXIT.done);
} catch (error) {
  process.stderr.write(`msglite: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(exitCodeOf(error));
}
