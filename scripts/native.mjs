// Builds native/ for the Node.js that runs this, where that can be done and is not done yet. Everything works without it,
// only slower, so that nothing fails here.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCES = ['binding.gyp', 'native/poller.c'];
/** Says of which sources, and for which Node.js, it was built. */
const BUILT = join(ROOT, 'build', '.built');
const { platform, arch, versions, env, execPath } = process;

if (platform !== 'linux') say('is for Linux');
else if (!existsSync(BUILT) || readFileSync(BUILT, 'utf8') !== mark()) build();

function build() {
  const nodeGyp = env.npm_config_node_gyp;
  if (nodeGyp === undefined) return say('is built by npm: npm run install');
  rmSync(BUILT, { force: true });
  const { status, stderr, error } = spawnSync(execPath, [nodeGyp, 'rebuild'], { cwd: ROOT, encoding: 'utf8' });
  if (status === 0) return writeFileSync(BUILT, mark());
  // A part that is half built, or of other sources, is not to be found.
  rmSync(join(ROOT, 'build'), { recursive: true, force: true });
  const reason = error?.message ?? /^.*(?:ERR! (?:stack|find)|error:).*$/m.exec(stderr)?.[0] ?? stderr.trim();
  say(`could not be built, which takes python3, make and gcc (${reason})`);
}

function mark() {
  const hash = createHash('sha256');
  for (const source of SOURCES) hash.update(readFileSync(join(ROOT, source)));
  return `${hash.digest('hex')} ${platform} ${arch} ${versions.modules}\n`;
}

function say(text) {
  process.stderr.write(
    `msglite: the native part ${text}; without it sockets are used by Node.js alone, which is slower\n`,
  );
}
