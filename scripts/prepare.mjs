// Makes the checkout ready to run: dependencies installed, sources compiled. Does nothing where nothing has changed.
// Uses Node's own modules only, since there may be nothing else yet.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const OLDEST_NODE = [20, 12];
/** Says of what the dependencies were installed for: the lock file, and the Node that native modules were built for. */
const INSTALLED = join(ROOT, 'node_modules', '.msglite-installed');
const BUILT = join(ROOT, 'dist', '.built');
const LOCK = join(ROOT, '.prepare-lock');
const SOURCES = ['src', 'test', 'tsconfig.json', 'package-lock.json'];

/** @throws with what failed, and what is needed, if the checkout can't be made ready */
export async function prepare() {
  checkNode();
  if (isInstalled() && isBuilt()) return;
  await alone(async () => {
    if (!isInstalled()) await install();
    if (!isBuilt()) await build();
  });
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new Error(`msglite needs Node.js ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}`);
}

function isInstalled() {
  return existsSync(INSTALLED) && readFileSync(INSTALLED, 'utf8') === installationMark();
}

function installationMark() {
  const lock = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  return `${lock} ${process.platform} ${process.arch} ${process.versions.modules}\n`;
}

function isBuilt() {
  return existsSync(BUILT) && readFileSync(BUILT, 'utf8') === sourcesMark();
}

/** Changes when a source is written, added or removed. */
function sourcesMark() {
  const hash = createHash('sha256');
  for (const source of SOURCES) note(join(ROOT, source), hash);
  return `${hash.digest('hex')}\n`;
}

function note(path, hash) {
  const { mtimeMs, size } = statSync(path);
  if (!statSync(path).isDirectory()) {
    hash.update(`${path} ${mtimeMs} ${size}\n`);
    return;
  }
  for (const name of readdirSync(path).sort()) note(join(path, name), hash);
}

async function install() {
  say('installing dependencies (the SQLite module may have to be compiled: up to two minutes)');
  await run(
    'npm',
    ['ci', '--no-audit', '--no-fund'],
    'npm ci failed. Compiling the SQLite module takes python3, make and g++',
  );
  writeFileSync(INSTALLED, installationMark());
}

/** From nothing, so that no test lives on whose source is gone. */
async function build() {
  say('compiling');
  const mark = sourcesMark();
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  await run(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')], 'compiling failed');
  writeFileSync(BUILT, mark);
}

/** One at a time: `npm start` and `npm test` may be begun together. */
async function alone(work) {
  while (!lock()) {
    say('another one is at it; waiting');
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  try {
    await work();
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

function lock() {
  const owner = join(LOCK, 'pid');
  try {
    mkdirSync(LOCK);
    writeFileSync(owner, String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const pid = existsSync(owner) ? Number(readFileSync(owner, 'utf8')) : 0;
    if (pid > 0 && !isAlive(pid)) rmSync(LOCK, { recursive: true, force: true });
    return false;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Runs a program in the checkout; says every ten seconds that it is still at it. */
function run(program, args, failure) {
  const started = Date.now();
  const still = setInterval(() => say(`... ${Math.round((Date.now() - started) / 1000)} seconds`), 10_000);
  const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(new Error(`${failure} (${cause.message})`, { cause })));
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${failure} (exit code ${code})`))));
  }).finally(() => clearInterval(still));
}

function say(text) {
  process.stderr.write(`msglite: ${text}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  prepare().catch((error) => {
    say(error.message);
    process.exitCode = 1;
  });
}
