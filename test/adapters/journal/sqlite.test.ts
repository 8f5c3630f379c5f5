import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { JournalError } from '../../../src/adapters/journal/sqlite/errors.js';
import { JournalFile } from '../../../src/adapters/journal/sqlite/file.js';
import { SqliteJournal } from '../../../src/adapters/journal/sqlite/journal.js';
import { openDatabase } from '../../../src/adapters/journal/sqlite/open.js';
import type { Journal, Restoring } from '../../../src/ports/journal.js';
import { journalContract } from '../../contract/journal.js';
import { batch, commit, delivery, keep, kept, stored } from '../../contract/journal-parts.js';
import { scratch } from '../../faults/scratch.js';

const COMMITTER = fileURLToPath(new URL('../../faults/committer.js', import.meta.url));

/** Resolves with the first line a child says. */
async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the child has no output');
  const lines = createInterface(child.stdout);
  const [line] = (await once(lines, 'line')) as [string];
  return line;
}

/** What the journal's thread does, done in ours. */
class InOneThread implements Journal {
  readonly #file: JournalFile;

  constructor(
    file: string,
    readonly sync: 'normal' | 'full',
  ) {
    this.#file = new JournalFile(file, sync);
  }

  restore(restoring: Restoring): ReturnType<Journal['restore']> {
    return this.#file.restore(restoring);
  }

  commit(...[changes, done]: Parameters<Journal['commit']>): void {
    done(this.#file.commit(changes));
  }

  read(...[wanted, count, bytes, done]: Parameters<Journal['read']>): void {
    const { found, failure } = this.#file.read(wanted, count, bytes);
    done(found, failure);
  }

  async close(): Promise<void> {
    this.#file.close();
  }
}

/** Hears nothing of what is restored. */
const DEAF: Restoring = {
  queue: () => undefined,
  delayed: () => undefined,
  delivery: () => undefined,
  waitingId: () => undefined,
  finishedId: () => undefined,
  paused: () => undefined,
};

/** Resolves when it is so; that it never is shows as a test that takes too long. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setImmediate();
}

describe('SQLite journal', () => {
  const folder = scratch();

  for (const [name, sync, open] of [
    ['SQLite', 'full', (file: string) => new SqliteJournal(file, 'full')],
    ['SQLite without its thread', 'normal', (file: string) => new InOneThread(file, 'normal')],
  ] as const) {
    journalContract(name, {
      keeps: true,
      sync,
      place: () => {
        const file = join(folder(), 'journal.db');
        return { open: () => open(file), remove: () => undefined };
      },
    });
  }

  it('is set up as docs/durability.md says, and stays so', () => {
    const file = join(folder(), 'journal.db');
    for (const [sync, level] of [
      ['full', 2],
      ['normal', 1],
      ['full', 2],
    ] as const) {
      const db = openDatabase(file, sync);
      const read = (pragma: string) => db.pragma(pragma, { simple: true });
      for (const seq of [1, 2]) db.prepare('INSERT OR REPLACE INTO moment VALUES (1, ?, ?, 0)').run(seq, seq);
      expect(read('synchronous')).to.equal(level);
      expect(['journal_mode', 'locking_mode', 'auto_vacuum', 'temp_store'].map(read)).to.deep.equal([
        'wal',
        'exclusive',
        2,
        2,
      ]);
      expect(['application_id', 'user_version', 'wal_autocheckpoint'].map(read)).to.deep.equal([0x6d73676c, 2, 0]);
      db.close();
    }
  });

  it('needs no shared memory file, and leaves only its database when closed', async () => {
    const file = join(folder(), 'journal.db');
    const journal = new SqliteJournal(file, 'full');
    await keep(journal, batch([stored(1)]));
    expect(existsSync(`${file}-shm`)).to.equal(false);
    expect(existsSync(`${file}-wal`)).to.equal(true);
    await journal.close();
    expect(['-shm', '-wal', '-journal'].filter((end) => existsSync(file + end))).to.deep.equal([]);
  });

  it('refuses a second broker in this process, and lets one in after the first', async () => {
    const file = join(folder(), 'journal.db');
    const first = new SqliteJournal(file, 'full');
    const second = () => new SqliteJournal(file, 'full');
    expect(second).to.throw(`the journal ${file} is in use by another broker`);
    await keep(first, batch([stored(1)]));
    // A refusal that had touched the file's locks would let another process in.
    const child = spawn(process.execPath, [COMMITTER, file, 'full', '1', '1'], { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (chunk) => (complaint += String(chunk)));
    const [code] = await once(child, 'close');
    expect([code, complaint]).to.satisfy(
      ([c, text]: [number, string]) => c !== 0 && text.includes('is in use by another broker'),
    );
    expect(second).to.throw('is in use');
    await first.close();
    const next = second();
    expect(await kept(next)).to.deep.equal([stored(1)]);
    await next.close();
  });

  it('refuses while another process has it, and opens when that was killed', async () => {
    const file = join(folder(), 'journal.db');
    const child = spawn(process.execPath, [COMMITTER, file, 'full', '1000000', '1'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    expect(await firstLine(child)).to.equal('open');
    expect(() => new SqliteJournal(file, 'full')).to.throw(`the journal ${file} is in use by another broker`);
    child.kill('SIGKILL');
    await closed;
    await new SqliteJournal(file, 'full').close();
  });

  it('writes a batch with nothing in it too', async () => {
    const file = join(folder(), 'journal.db');
    const journal = new SqliteJournal(file, 'full');
    const log = () => statSync(`${file}-wal`).size;
    await keep(journal, batch([], [], 5));
    const before = log();
    await keep(journal, batch([], [], 5));
    expect(log()).to.be.greaterThan(before);
    await journal.close();
  });

  it('does what it was asked for before it closes', async () => {
    const file = join(folder(), 'journal.db');
    const journal = new SqliteJournal(file, 'full');
    const told: string[] = [];
    for (const seq of [1, 2, 3]) journal.commit(batch([stored(seq)]), () => told.push(`commit ${seq}`));
    journal.read({ of: 'due', by: 1e9 }, 9, 1e9, (found) => told.push(`read ${found.length}`));
    await journal.close();
    expect(told).to.deep.equal(['commit 1', 'commit 2', 'commit 3', 'read 3']);
    const next = new SqliteJournal(file, 'full');
    expect(await kept(next)).to.deep.equal([stored(1), stored(2), stored(3)]);
    await next.close();
  });

  it('lets the event loop go on while it commits', async () => {
    const journal = new SqliteJournal(join(folder(), 'journal.db'), 'full');
    const told: string[] = [];
    const done = new Promise<void>((resolve) => {
      journal.commit(batch([stored(1)]), () => {
        told.push('done');
        resolve();
      });
    });
    told.push('returned');
    await done;
    expect(told).to.deep.equal(['returned', 'done']);
    await journal.close();
  });

  it('reads the batch before commit returns', async () => {
    const journal = new SqliteJournal(join(folder(), 'journal.db'), 'full');
    const added = [stored(1)];
    const removed: number[] = [];
    const ends = commit(journal, batch(added, removed));
    added.push(stored(2));
    removed.push(1);
    await ends;
    expect(await kept(journal)).to.deep.equal([stored(1)]);
    await journal.close();
  });

  it('takes a batch of more texts than one string could hold', async () => {
    const journal = new SqliteJournal(join(folder(), 'journal.db'), 'normal');
    // Of one megabyte each, so that what is joined for the handover has to be begun anew.
    const bodies = ['a', 'b', 'c', 'd', 'e'].map((letter, i) => letter.repeat(2 ** 20 - 2 + i));
    const all = bodies.map((body, i) => stored(i + 1, { to: 'a', body }));
    await keep(journal, batch(all));
    const found = await kept(journal);
    expect(found.map(({ message }) => bodies.indexOf(message.body))).to.deep.equal([0, 1, 2, 3, 4]);
    await journal.close();
  });

  it('does not take the error of who visits for one of its own', async () => {
    const journal = new SqliteJournal(join(folder(), 'journal.db'), 'full');
    await keep(journal, batch([stored(1)]));
    const queue = () => {
      throw new Error('mine');
    };
    expect(() => journal.restore({ ...DEAF, queue })).to.throw(/^mine$/);
    expect(await kept(journal)).to.deep.equal([stored(1)]);
    await journal.close();
  });

  it('bounds its log and its file, however much passes through', async () => {
    const file = join(folder(), 'journal.db');
    const journal = new SqliteJournal(file, 'normal');
    const body = 'x'.repeat(1000);
    let largest = 0;
    for (let seq = 1; seq <= 60_000; seq += 200) {
      const added = Array.from({ length: 200 }, (_, i) => stored(seq + i, { body }));
      await keep(
        journal,
        batch(
          added,
          added.map((one) => one.seq - 1000),
        ),
      );
      largest = Math.max(largest, statSync(`${file}-wal`).size);
    }
    // 60 MB have passed, 1 MB waits.
    expect(largest).to.be.within(4e6, 6e6);
    expect(statSync(file).size).to.be.lessThan(4e6);
    await journal.close();
  });

  /** As many messages of 1,000 bytes in turn as make up 40 MB, then their ends, in some order. */
  async function passThrough(journal: SqliteJournal, order: (seqs: number[]) => number[]): Promise<void> {
    const body = 'x'.repeat(1000);
    const seqs = Array.from({ length: 40_000 }, (_, i) => i + 1);
    const slices = (all: number[]) => Array.from({ length: 80 }, (_, i) => all.slice(i * 500, (i + 1) * 500));
    for (const some of slices(seqs)) await keep(journal, batch(some.map((seq) => stored(seq, { to: 'a', body }))));
    for (const some of slices(order(seqs))) await keep(journal, batch([], some));
  }

  const inOrder = (seqs: number[]) => seqs;
  // Coprime to their number, so that it comes by each once.
  const crisscross = (seqs: number[]) => seqs.map((_, i) => ((i * 16_183) % seqs.length) + 1);

  for (const [what, order] of [
    ['in order', inOrder],
    ['in no order', crisscross],
  ] as const) {
    it(`gives the space of messages back that end ${what}, and works on`, async () => {
      const file = join(folder(), 'journal.db');
      const journal = new SqliteJournal(file, 'normal');
      await keep(journal, batch([stored(50_000)], [], 1, { delivered: [delivery(50_000)] }));
      await passThrough(journal, order);
      expect(statSync(file).size).to.be.greaterThan(40e6);
      await until(() => statSync(file).size <= 18 * 1024 * 1024);
      await keep(journal, batch([stored(50_001)]));
      expect(await kept(journal)).to.deep.equal([stored(50_000), stored(50_001)]);
      await journal.close();
      const db = new Database(file);
      expect(db.pragma('integrity_check', { simple: true })).to.equal('ok');
      db.close();
    });
  }

  it('gives back what an earlier broker had no time to', async () => {
    const file = join(folder(), 'journal.db');
    const first = new SqliteJournal(file, 'normal');
    await passThrough(first, inOrder);
    await first.close();
    expect(statSync(file).size).to.be.greaterThan(40e6);
    const next = new SqliteJournal(file, 'normal');
    expect(await kept(next)).to.deep.equal([]);
    await until(() => statSync(file).size <= 18 * 1024 * 1024);
    await next.close();
  });

  it('after a failure fails every commit without touching the file, and closes', async () => {
    const file = join(folder(), 'journal.db');
    const journal = new SqliteJournal(file, 'full');
    await keep(journal, batch([stored(1)]));
    // No broker hands out a `seq` twice: that such a commit fails is what we make use of.
    const underWay = [1, 2].map((seq) => commit(journal, batch([stored(seq)])));
    const first = await underWay[0];
    const size = statSync(`${file}-wal`).size;
    expect(first).to.have.property('kind', 'failed');
    expect(first?.cause).to.be.instanceOf(JournalError);
    expect(await underWay[1]).to.equal(first);
    expect(await commit(journal, batch([stored(3)]))).to.equal(first);
    expect(statSync(`${file}-wal`).size).to.equal(size);
    await journal.close();
    const db = new Database(file);
    expect(db.prepare('SELECT seq FROM messages').pluck().all()).to.deep.equal([1]);
    db.close();
  });
});
