// All checks, in order; the first that fails ends it. What is given is passed on to mocha: npm test -- --grep queue, or
// npm test -- test/domain/queue.test.ts, or npm test -- test/domain
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ALL_TESTS = 'dist/test/**/*.test.js';
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

// Biome would colour even what goes into a file.
const COLOURS = process.stdout.isTTY ? [] : ['--colors=off'];

check('format and lint', 'biome', ['ci', ...COLOURS, '.']);
checkImports();
process.exitCode = test(process.argv.slice(2));

function check(heading, program, args) {
  const { status } = run(heading, program, args);
  if (status !== 0) process.exit(status);
}

/** The tool is as content when it could read nothing. */
function checkImports() {
  const args = ['--config', '.dependency-cruiser.cjs', 'src', 'bench'];
  const { status, stdout } = run('who imports whom', 'depcruise', args, { stdio: ['inherit', 'pipe', 'inherit'] });
  console.log(stdout);
  if (status !== 0) process.exit(status);
  if (/\([1-9]\d* modules, /.test(stdout)) return;
  console.error('dependency-cruiser has seen no modules');
  process.exit(1);
}

/** The last line says how many tests passed and failed. */
function test(args) {
  const folder = mkdtempSync(join(tmpdir(), 'msglite-test-'));
  const counts = join(folder, 'counts.json');
  try {
    const passedOn = args.map(compiled);
    if (!passedOn.some((arg) => arg.endsWith('.test.js'))) passedOn.push(ALL_TESTS);
    if (process.env.CI) passedOn.push('--forbid-only');
    const { status } = run('tests', 'c8', ['mocha', ...passedOn], { env: { ...process.env, TEST_COUNTS: counts } });
    if (!existsSync(counts)) {
      console.error('mocha ended before the tests did');
      return status || 1;
    }
    const { passes, failures, pending } = JSON.parse(readFileSync(counts, 'utf8'));
    console.log(`\n${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ''}`);
    return passes === 0 ? 1 : status;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Of the name of a test, or of a folder of them. */
function compiled(arg) {
  const [, name, isTest] = /^(?:\.\/)?(test(?:\/.*?)?)(\.test\.ts)?\/?$/.exec(arg) ?? [];
  if (isTest) return `dist/${name}.test.js`;
  return name !== undefined && existsSync(join(ROOT, name)) ? `dist/${name}/**/*.test.js` : arg;
}

function run(heading, program, args, options = {}) {
  console.log(`\n== ${heading} ==\n`);
  const path = join(ROOT, 'node_modules', '.bin', program);
  const { status, stdout, error } = spawnSync(path, args, {
    cwd: ROOT,
    stdio: 'inherit',
    encoding: 'utf8',
    ...options,
  });
  if (error) throw error;
  return { status: status ?? 1, stdout };
}
