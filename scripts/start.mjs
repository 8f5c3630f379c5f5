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
const HANDLER = join(ROOT, 'examples', 'handler.mjs');
const TALKS_ONLY = ['-h', '--help', '-help', '-V', '--version', '-version'];
/** What is given comes after them, and the last one counts. */
const DEFAULTS = ['--journal', join(ROOT, 'data', 'journal.sqlite'), '--http-network', 'tcp'];
/** In a process group of its own: a Ctrl-C comes to us alone, and we say who stops when. */
const APART = { detached: true };
const STANDARD_SOCKET = '/tmp/msglite.socket';

const given = process.argv.slice(2);
if (given.some((word) => TALKS_ONLY.includes(word))) {
  node([BIN, ...given]).once('exit', (code) => process.exit(code ?? 1));
} else {
  await demo();
}

async function demo() {
  const address = brokerAddress();
  const web = webAddress();
  for (const place of [address, web]) {
    if (await answers(place)) fail(`somebody listens on ${place} already; stop that, or see npm start -- --help`);
  }

  mkdirSync(join(ROOT, 'data'), { recursive: true });
  const broker = node([BIN, ...DEFAULTS, ...given], APART);
  const gone = new Promise((resolve) => broker.once('exit', (code) => resolve(code ?? 1)));
  // It finishes what is in flight, for which the handler must live. Told twice, it ends at once.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => broker.kill('SIGTERM'));
  const failed = await Promise.race([gone, untilAnswers(address).then(() => untilAnswers(web))]);
  if (failed !== undefined) process.exit(failed);

  const handler = node([HANDLER, address], APART);
  const sayStopped = () => console.log(`\nThe handler has stopped; requests wait. Start one with: ${again(address)}\n`);
  handler.once('exit', sayStopped);
  console.log(explanation(address, web, handler.pid));
  const code = await gone;
  handler.off('exit', sayStopped);
  handler.kill();
  process.exit(code);
}

function fail(text) {
  console.error(`msglite: ${text}`);
  process.exit(1);
}

function node(args, options = {}) {
  return spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit', ...options });
}

function brokerAddress() {
  const [address, network, listen] = ['address', 'network', 'listen'].map(setting);
  if (listen !== undefined && address === undefined && network === undefined) return listen.replace(/^(unix|tcp):/, '');
  return address ?? (network === 'tcp' ? '127.0.0.1:9813' : STANDARD_SOCKET);
}

function webAddress() {
  const standard = option('http-network') === 'unix' ? '/tmp/msglite.http.socket' : '127.0.0.1:8080';
  return setting('http-address') ?? standard;
}

function setting(name) {
  return option(name) ?? process.env[`MSGLITE_${name.toUpperCase().replaceAll('-', '_')}`];
}

function option(name) {
  const args = given.map((word) => word.replace(/^-(?=[a-z])/, '--'));
  const options = { [name]: { type: 'string' } };
  return parseArgs({ args, options, strict: false, allowPositionals: true }).values[name];
}

async function untilAnswers(address) {
  while (!(await answers(address))) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Whether somebody takes connections there. */
function answers(address) {
  const [host, port] = tcp(address);
  return new Promise((resolve) => {
    const probe = connect(port === undefined ? { path: address } : { host, port: Number(port) });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}

/** @returns host and port; nothing for a socket file */
function tcp(address) {
  return /^(.*):(\d+)$/.exec(address)?.slice(1) ?? [];
}

function again(address) {
  return `npm run handler${address === STANDARD_SOCKET ? '' : ` ${address}`}`;
}

function explanation(address, web, handler) {
  const [host, port] = tcp(address);
  const nc = port === undefined ? `nc -U ${address}` : `nc ${host} ${port}`;
  const curl = tcp(web).length > 0 ? `curl -i http://${web}/` : `curl -i --unix-socket ${web} http://localhost/`;
  return `
msglite is running. Three things to try, in another terminal:

  1.  Ask the demo handler:

          ${curl}

  2.  Stop the handler, send a request (it waits), and start the handler again:

          kill ${handler}
          ${curl} &
          ${again(address)}

  3.  Speak the protocol by hand:

          printf '> 5 60 jobs\\r\\nhello\\r\\n< 1 jobs\\r\\n' | ${nc}

Ctrl-C stops both.
`;
}
