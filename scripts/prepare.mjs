// Makes the checkout ready to run: dependencies installed, sources compiled. Does nothing where nothing has changed.
// Uses Node's own modules only, since there may be nothing else yet.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const OLDEST_NODE = [20, 12];
/** Says of what the dependencies were installed for: the lock file, and the Node that native modules were built for. */
const INSTALLED = join(ROOT, 'node_modules', '.msglite-installed');
const DIST = join(ROOT, 'dist');
const BUILT = join(DIST, '.built');
/** A folder of files named after the processes that want to be alone. */
const LOCK = join(ROOT, '.prepare-lock');
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const SOURCES = [
  'src',
  'native',
  'binding.gyp',
  'test',
  'bench',
  'scripts/native.mjs',
  'scripts/bundle.mjs',
  'tsconfig.json',
  'package-lock.json',
];

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
  const stat = statSync(path);
  if (!stat.isDirectory()) {
    hash.update(`${path} ${stat.mtimeMs} ${stat.size}\n`);
    return;
  }
  for (const name of readdirSync(path).sort()) note(join(path, name), hash);
}

async function install() {
  say(
    'installing dependencies; where there is no prebuilt SQLite module it is compiled, which takes about two minutes',
  );
  rmSync(INSTALLED, { force: true });
  await run(
    'npm',
    ['ci', '--no-audit', '--no-fund'],
    'npm ci failed. If it was the SQLite module: compiling that takes python3, make and g++',
  );
  writeFileSync(INSTALLED, installationMark());
}

/** In place, so that a broker or a test run that was started from the last build keeps its files. */
async function build() {
  say('compiling');
  const mark = sourcesMark();
  // Without its mark, what is there may be anything, and the compiler would believe its own notes about it.
  if (existsSync(BUILT)) prune(DIST);
  else rmSync(DIST, { recursive: true, force: true });
  rmSync(BUILT, { force: true });
  await run(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')], 'compiling failed');
  await run(process.execPath, [join(ROOT, 'scripts', 'bundle.mjs')], 'bundling failed');
  await run(process.execPath, [join(ROOT, 'scripts', 'native.mjs')], 'building the native part failed');
  writeFileSync(BUILT, mark);
}

/** Removes what was compiled from sources that are gone, lest their tests live on. */
function prune(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) prune(path);
    const compiled = /^(.*)\.(js|js\.map|d\.ts)$/.exec(relative(DIST, path));
    if (compiled && !existsSync(join(ROOT, `${compiled[1]}.ts`))) rmSync(path);
  }
}

/** One at a time: `npm start` and `npm test` may be begun together. */
async function alone(work) {
  const mine = join(LOCK, String(process.pid));
  for (let said = false; !lock(mine); said = true) {
    if (!said) say('another process is at it; waiting');
    // Not the same for everybody, or two that came together would go on meeting.
    await new Promise((resolve) => setTimeout(resolve, 500 + 500 * Math.random()));
  }
  try {
    await work();
  } finally {
    rmSync(mine);
    leave();
  }
}

/**
 * The lock is held by who finds no other living process in the folder. Each writes its own file before it looks, so of
 * two that come together at least one sees the other. The file of a dead process counts for nothing.
 */
function lock(mine) {
  try {
    mkdirSync(LOCK, { recursive: true });
    writeFileSync(mine, '');
  } catch (error) {
    // Another has removed the folder between the two.
    if (error.code === 'ENOENT') return false;
    throw error;
  }
  const others = readdirSync(LOCK).filter((name) => name !== String(process.pid));
  const living = others.filter((name) => isAlive(Number(name)));
  for (const name of others) if (!living.includes(name)) rmSync(join(LOCK, name), { force: true });
  if (living.length === 0) return true;
  rmSync(mine);
  return false;
}

/** The last one out removes the folder. */
function leave() {
  try {
    rmdirSync(LOCK);
  } catch (error) {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'ENOENT') throw error;
  }
}

function isAlive(pid) {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Runs a program in the checkout. A signal to us ends the program first: it must not write on without the lock. */
async function run(program, args, failure) {
  const started = Date.now();
  const still = setInterval(() => {
    // On a terminal, npm itself shows that it is alive.
    if (!process.stderr.isTTY) say(`... ${Math.round((Date.now() - started) / 1000)} seconds`);
  }, 10_000);
  const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  const pass = (signal) => child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, pass);
  try {
    await new Promise((resolve, reject) => {
      child.once('error', (cause) => reject(new Error(`${failure} (${cause.message})`, { cause })));
      child.once('exit', (code, signal) => {
        if (code === 0) resolve();
        else reject(new Error(signal ? `ended by ${signal}` : `${failure} (exit code ${code})`));
      });
    });
  } finally {
    clearInterval(still);
    for (const signal of SIGNALS) process.off(signal, pass);
  }
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
