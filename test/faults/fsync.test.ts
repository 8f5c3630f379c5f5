import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { after, before, describe } from 'mocha';
import { SqliteJournal } from '../../src/adapters/journal/sqlite/journal.js';
import { restored } from '../contract/journal-parts.js';
import { itWhere, scratch } from './scratch.js';

const COMMITTER = fileURLToPath(new URL('committer.js', import.meta.url));
/** Sources aren't compiled into dist/test/faults. */
const SOURCE = fileURLToPath(new URL('../../../test/faults/fsync.c', import.meta.url));

const able = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;

/** Which sync is to fail: the n-th of the log's or of the database's own. */
interface Fault {
  readonly of: '-wal' | 'journal.db';
  readonly n: number;
}

describe('a sync that fails', () => {
  const folder = scratch();
  let built = '';
  let library = '';

  before(() => {
    if (!able && process.env.CI === undefined) return;
    built = mkdtempSync(join(tmpdir(), 'msglite-'));
    library = join(built, 'fsync.so');
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-o', library, SOURCE, '-ldl']);
  });

  after(() => {
    if (built !== '') rmSync(built, { recursive: true });
  });

  /** Lets a committer run into the fault, and returns what it said, line by line. */
  async function commitsUnder(
    fault: Fault,
    file: string,
    sync: string,
    commits: number,
    size: number,
  ): Promise<string[]> {
    // Made beforehand, so that the syncs of its making aren't counted.
    await new SqliteJournal(file, 'full').close();
    const env = { ...process.env, LD_PRELOAD: library, SYNC_FAILS: String(fault.n), SYNC_OF: fault.of };
    const args = [COMMITTER, file, sync, String(commits), String(size)];
    const { stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8', maxBuffer: 1e8 });
    expect(stderr).to.equal(`sync failed: ${file}${fault.of === '-wal' ? '-wal' : ''}\n`);
    return stdout.trim().split('\n').slice(1);
  }

  /** Done up to some commit, failed from there on, for the same reason. Returns how many were done. */
  function expectOneTurn(lines: string[], commits: number): number {
    const outcomes = lines.slice(0, commits).map((line) => line.split(' ', 1)[0]);
    const done = outcomes.indexOf('failed');
    expect(done).to.be.greaterThan(-1);
    expect(outcomes).to.deep.equal(outcomes.map((_, i) => (i < done ? 'done' : 'failed')));
    const reasons = lines.slice(done, commits).map((line) => line.replace(/^failed \d+ /, ''));
    expect(new Set(reasons).size).to.equal(1);
    expect(lines.slice(commits)).to.deep.equal(['closed']);
    return done;
  }

  async function newestIn(file: string): Promise<number> {
    const journal = new SqliteJournal(file, 'full');
    const { last } = restored(journal);
    await journal.close();
    return last?.moment.running ?? 0;
  }

  for (const n of [1, 2, 7, 30]) {
    itWhere(
      able,
      'C compiler',
      `of the log, number ${n}: the commit fails, and no later one is said to be done`,
      async () => {
        const file = join(folder(), 'journal.db');
        const lines = await commitsUnder({ of: '-wal', n }, file, 'full', 60, 100);
        const done = expectOneTurn(lines, 60);
        expect(lines[done]).to.include(`the journal ${file} cannot be used (disk I/O error)`);
        // Each commit is synced once, the log's header before the first.
        expect(done).to.be.within(n - 2, n - 1);
        expect(await newestIn(file)).to.be.within(done, done + 1);
      },
    );
  }

  for (const sync of ['full', 'normal']) {
    itWhere(able, 'C compiler', `of the database, when its log is moved into it: seen as well (${sync})`, async () => {
      const file = join(folder(), 'journal.db');
      const lines = await commitsUnder({ of: 'journal.db', n: 1 }, file, sync, 120, 64 * 1024);
      const done = expectOneTurn(lines, 120);
      expect(done).to.be.greaterThan(10);
      expect(await newestIn(file)).to.be.at.least(done);
    });
  }

  // In `normal` no commit is synced, only the log's header, when it begins: all else is left to closing.
  for (const { of, n } of [
    { of: '-wal', n: 2 },
    { of: 'journal.db', n: 1 },
  ] as const) {
    itWhere(able, 'C compiler', `when all was done, at closing, of ${of}: closing says so`, async () => {
      const file = join(folder(), 'journal.db');
      const lines = await commitsUnder({ of, n }, file, 'normal', 20, 100);
      expect(lines.slice(0, 20)).to.deep.equal(Array.from({ length: 20 }, (_, i) => `done ${i + 1}`));
      expect(lines[20]).to.match(/^not closed: the journal .* cannot be used/);
    });
  }
});
