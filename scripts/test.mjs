// All checks, in order; the first that fails ends it. What is given is passed on to mocha: npm test -- --grep queue, or
// npm test -- dist/test/domain/queue.test.js
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ALL_TESTS = 'dist/test/**/*.test.js';
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

check('format and lint', 'biome', ['ci', '.']);
check('who imports whom', 'depcruise', ['--config', '.dependency-cruiser.cjs', 'src']);
process.exitCode = test(process.argv.slice(2));

function check(heading, program, args) {
  const status = run(heading, program, args);
  if (status !== 0) process.exit(status);
}

/** The last line says how many tests passed and failed. */
function test(args) {
  const folder = mkdtempSync(join(tmpdir(), 'msglite-test-'));
  const counts = join(folder, 'counts.json');
  try {
    const named = args.some((arg) => arg.endsWith('.test.js'));
    const status = run('tests', 'c8', ['mocha', ...args, ...(named ? [] : [ALL_TESTS])], { TEST_COUNTS: counts });
    const { passes, failures, pending } = JSON.parse(readFileSync(counts, 'utf8'));
    console.log(`\n${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ''}`);
    return passes === 0 ? 1 : status;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(heading, program, args, environment = {}) {
  console.log(`\n== ${heading} ==\n`);
  const { status, error } = spawnSync(join(ROOT, 'node_modules', '.bin', program), args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  if (error) throw error;
  return status ?? 1;
}
