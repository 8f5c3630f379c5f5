// The demo: a broker with a journal and an HTTP proxy, and a handler beside it in a process of its own. What is given is
// passed on to the broker: npm start -- --loglevel info
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BIN = join(ROOT, 'bin', 'msglite.js');
const TALKS_ONLY = ['-h', '--help', '-help', '-V', '--version', '-version'];
const DEFAULTS = [
  '--journal',
  join(ROOT, 'data', 'journal.db'),
  '--http-network',
  'tcp',
  '--http-address',
  '127.0.0.1:8080',
];

const given = process.argv.slice(2);
if (given.some((word) => TALKS_ONLY.includes(word))) {
  node([BIN, ...given]).on('exit', (code) => process.exit(code ?? 1));
} else {
  await demo();
}

async function demo() {
  mkdirSync(join(ROOT, 'data'), { recursive: true });
  const broker = node([BIN, ...DEFAULTS, ...given]);
  const gone = new Promise((resolve) => broker.once('exit', (code, signal) => resolve(code ?? `signal ${signal}`)));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => broker.kill('SIGTERM'));

  const address = option('address') ?? (option('network') === 'tcp' ? '127.0.0.1:9813' : '/tmp/msglite.socket');
  if (!(await Promise.race([answers(address), gone.then(() => false)]))) process.exit(exitCode(await gone));

  // Of its own process group, so that a Ctrl-C reaches the broker first, which finishes what is in flight.
  const handler = node([join(ROOT, 'examples', 'handler.mjs'), address], { detached: true });
  let ending = false;
  handler.once('exit', () => {
    if (!ending) console.log('\nThe handler has stopped. Requests wait now. Start it again with: npm run handler\n');
  });
  explain(address, handler.pid);
  const code = await gone;
  ending = true;
  handler.kill();
  process.exit(exitCode(code));
}

function node(args, options = {}) {
  return spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit', ...options });
}

function exitCode(code) {
  return typeof code === 'number' ? code : 1;
}

/** The last that was given wins, as in the broker. */
function option(name) {
  const options = { [name]: { type: 'string' } };
  const args = given.map((word) => word.replace(/^-(?=[a-z])/, '--'));
  return parseArgs({ args, options, strict: false, allowPositionals: true }).values[name];
}

/** Resolves when somebody takes connections there. */
async function answers(address) {
  const [, host, port] = /^(.*):(\d+)$/.exec(address) ?? [];
  for (;;) {
    const open = await new Promise((resolve) => {
      const probe = connect(port === undefined ? { path: address } : { host, port: Number(port) });
      probe.once('connect', () => resolve(true));
      probe.once('error', () => resolve(false));
      probe.once('connect', () => probe.end('.\r\n'));
    });
    if (open) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function explain(address, handler) {
  const web = option('http-address') ?? '127.0.0.1:8080';
  console.log(`
msglite is running. Three things to try, in another terminal:

  1.  Ask the demo handler:

          curl -i http://${web}/

  2.  Stop the handler, send a request (it waits), and start the handler again:

          kill ${handler}
          curl -i http://${web}/ &
          npm run handler${address === '/tmp/msglite.socket' ? '' : ` ${address}`}

  3.  Speak the protocol by hand:

          printf '> 5 60 jobs\\r\\nhello\\r\\n< 1 jobs\\r\\n' | nc ${address.includes(':') ? address.replace(':', ' ') : `-U ${address}`}

Ctrl-C stops both.
`);
}
