// The demo: a broker with a journal, an HTTP proxy, and a handler beside them in a process of its own. What is given is
// passed on to msglite up: npm start -- --loglevel info
import { fork, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BIN = join(ROOT, 'bin', 'msglite.js');
const HANDLER = join(ROOT, 'examples', 'handler.mjs');
const DATA = join(ROOT, 'data');
/** Where a handler looks that is told nothing. */
const STANDARD = 'unix:/tmp/msglite.socket';
/** In a process group of its own: a Ctrl-C comes to us alone, and we say who stops when. */
const APART = { cwd: ROOT, detached: true, stdio: 'inherit' };

mkdirSync(DATA, { recursive: true });
const up = fork(BIN, ['up', ...process.argv.slice(2)], {
  ...APART,
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  env: { MSGLITE_JOURNAL: join(DATA, 'journal.sqlite'), ...process.env },
});
// It finishes what is in flight, for which the handler must live. Told twice, it ends at once.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => up.kill('SIGTERM'));
let stopHandler = () => {};
up.once('message', (where) => {
  stopHandler = startHandler(where);
});
up.once('exit', (code) => {
  stopHandler();
  process.exit(code ?? 1);
});

/** Everything is ready, and this is where. Returns what stops the handler. */
function startHandler({ broker: [broker], http }) {
  const handler = spawn(process.execPath, [HANDLER, broker], APART);
  const sayStopped = () => console.log(`\nThe handler has stopped; requests wait. Start one with: ${again(broker)}\n`);
  handler.once('exit', sayStopped);
  console.log(explanation(broker, http, handler.pid));
  return () => {
    handler.off('exit', sayStopped);
    handler.kill();
  };
}

function again(broker) {
  return `npm run handler${broker === STANDARD ? '' : ` '${broker}'`}`;
}

/** @returns host and port; nothing for a socket file */
function tcp(endpoint) {
  return /^tcp:\[?(.*?)\]?:(\d+)$/.exec(endpoint)?.slice(1);
}

function path(endpoint) {
  return endpoint.slice('unix:'.length);
}

function explanation(broker, http, handler) {
  const nc = tcp(broker) ? `nc ${tcp(broker).join(' ')}` : `nc -U ${path(broker)}`;
  const curl = tcp(http)
    ? `curl -i 'http://${http.slice('tcp:'.length)}/'`
    : `curl -i --unix-socket ${path(http)} http://localhost/`;
  return `
msglite is running. Three things to try, in another terminal:

  1.  Ask the demo handler:

          ${curl}

  2.  Stop the handler, send a request (it waits), and start the handler again:

          kill ${handler}
          ${curl} &
          ${again(broker)}

  3.  Speak the protocol by hand:

          printf '> 5 60 jobs\\r\\nhello\\r\\n< 1 jobs\\r\\n' | ${nc}

Ctrl-C stops all.
`;
}
