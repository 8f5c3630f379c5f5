// Joins what is compiled, and the packages it needs, into a few files in dist/bundle: a process that loads hundreds of
// small ones has used twice the time before it does anything.
import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Native, and looks for its binary beside itself. */
const APART = ['better-sqlite3'];

/**
 * What packages of the older kind take for granted; and where the bundle is, which modules are told that ask where they
 * are: what they look for lies in the same way from there.
 */
const BEGIN_OF_EACH_FILE = `
import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);
const bundle = import.meta.url.slice(0, import.meta.url.lastIndexOf('/dist/bundle/') + '/dist/bundle/'.length);
`.trim();

const DIST = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist');
const FROM = join(DIST, 'src');
const TO = join(DIST, 'bundle');

await rm(TO, { recursive: true, force: true });
await build({
  entryPoints: beginnings(),
  outbase: FROM,
  outdir: TO,
  bundle: true,
  // Into one file each, modules that are loaded late would be functions, and their classes variables: V8 then takes what comes and
  // goes for what stays, once much has stayed.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: APART,
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'eof',
  chunkNames: '[name]-[hash]',
  // Some packages load helps for their developers otherwise.
  define: { 'process.env.NODE_ENV': '"production"' },
  banner: { js: BEGIN_OF_EACH_FILE },
  plugins: [{ name: 'where-am-i', setup: tellWhere }],
  logLevel: 'warning',
});

/** Where each process and thread begins: the command, and what modules find beside themselves. */
function beginnings() {
  const found = [join(FROM, 'app', 'msglite.js')];
  for (const file of readdirSync(FROM, { recursive: true }).filter((name) => name.endsWith('.js'))) {
    const path = join(FROM, file);
    const begun = readFileSync(path, 'utf8').matchAll(/new URL\('(\.\/[^']+\.js)', import\.meta\.url\)/g);
    for (const [, other] of begun) found.push(join(dirname(path), other));
  }
  return found;
}

function tellWhere(esbuild) {
  esbuild.onLoad({ filter: /[/\\]dist[/\\]src[/\\].*\.js$/ }, ({ path }) => {
    const contents = readFileSync(path, 'utf8');
    if (!contents.includes('import.meta.url')) return undefined;
    const place = relative(FROM, path).replaceAll('\\', '/');
    return { contents: contents.replaceAll('import.meta.url', `(bundle + ${JSON.stringify(place)})`), loader: 'js' };
  });
}
