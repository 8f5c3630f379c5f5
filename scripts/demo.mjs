// A demo: `msglite up` with a journal, and handlers beside it, each in a process of its own, until Ctrl-C.
import { fork, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BIN = join(ROOT, 'bin', 'msglite.js');
const DATA = join(ROOT, 'data');
/** In a process group of its own: a Ctrl-C comes to us alone, and we say who stops when. */
const APART = { cwd: ROOT, detached: true, stdio: 'inherit' };

/**
 * @param program of the handlers, which is given the broker's endpoint
 * @param count of them
 * @param explain returns what is printed, given where broker and proxy are, and the handlers' process ids
 * @param stopped returns what is printed when a handler has stopped by itself
 */
export function demo({ program, count, explain, stopped }) {
  mkdirSync(DATA, { recursive: true });
  const up = fork(BIN, ['up', ...process.argv.slice(2)], {
    ...APART,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { MSGLITE_JOURNAL: join(DATA, 'journal.sqlite'), ...process.env },
  });
  const handlers = [];
  // It finishes what is in flight, for which the handlers must live. Told twice, it ends at once.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => up.kill('SIGTERM'));
  // Everything is ready, and this is where.
  up.once('message', ({ broker: [broker], http }) => {
    const sayStopped = () => console.log(`\n${stopped(broker)}\n`);
    while (handlers.length < count) {
      handlers.push(spawn(process.execPath, [join(ROOT, program), broker], APART).once('exit', sayStopped));
    }
    const pids = handlers.map(({ pid }) => pid);
    console.log(explain({ broker, http, pids }));
  });
  up.once('exit', (code) => {
    for (const handler of handlers) handler.removeAllListeners('exit').kill();
    process.exit(code ?? 1);
  });
}
