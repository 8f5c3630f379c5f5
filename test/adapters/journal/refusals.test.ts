import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { JournalError } from '../../../src/adapters/journal/sqlite/errors.js';
import { SqliteJournal } from '../../../src/adapters/journal/sqlite/journal.js';
import { batch, commit, keep, read, restored, stored } from '../../contract/journal-parts.js';
import { contents, scratch } from '../../faults/scratch.js';

const KILLED = fileURLToPath(new URL('../../faults/killed.js', import.meta.url));

/** Leaves a journal as a broker that was killed does: 300 messages in its log, besides those it has moved into the file. */
function leaveByKill(file: string, sql = ''): void {
  const { signal, stderr } = spawnSync(process.execPath, [KILLED, file, sql]);
  if (signal !== 'SIGKILL') throw new Error(String(stderr));
}

async function leaveClosed(file: string): Promise<void> {
  const journal = new SqliteJournal(file, 'full');
  await keep(journal, batch(Array.from({ length: 300 }, (_, i) => stored(i + 1, { body: 'x'.repeat(500) }))));
  await journal.close();
}

function overwrite(file: string, at: number, bytes: Buffer): void {
  const data = readFileSync(file);
  bytes.copy(data, at);
  writeFileSync(file, data);
}

describe('SQLite journal: what it refuses', () => {
  const folder = scratch();
  const RUBBISH = Buffer.alloc(4096, 0xa5);

  /** Opens and restores as a broker would: it must be refused, by name, and nothing be changed. */
  async function refused(path: string, wrong: string | RegExp): Promise<JournalError> {
    const before = contents(join(path, '..'));
    let journal: SqliteJournal | undefined;
    let error: unknown;
    try {
      journal = new SqliteJournal(path, 'full');
      restored(journal);
    } catch (caught) {
      error = caught;
    } finally {
      await journal?.close();
    }
    expect(error).to.be.instanceOf(JournalError);
    expect(error).to.have.property('message').that.includes(`the journal ${path} `).and.matches(new RegExp(wrong));
    expect(contents(join(path, '..')), 'files were changed').to.deep.equal(before);
    return error as JournalError;
  }

  for (const [what, bytes] of [
    ['text', Buffer.from('dear diary\n'.repeat(1000))],
    ['a few bytes', Buffer.from('x')],
    ['zeros', Buffer.alloc(8192)],
  ] as const) {
    it(`a file of ${what}`, async () => {
      const file = join(folder(), 'journal.db');
      writeFileSync(file, bytes);
      const error = await refused(file, 'is not a database');
      expect(error.cause).to.have.property('code', 'SQLITE_NOTADB');
    });
  }

  for (const [what, mark] of [
    ['unmarked', 'PRAGMA user_version = 0'],
    ['with a version', 'PRAGMA user_version = 1'],
    ['with a mark of its own', 'PRAGMA application_id = 77'],
  ] as const) {
    it(`another program's database, ${what}`, async () => {
      const file = join(folder(), 'journal.db');
      const db = new Database(file);
      db.exec(`CREATE TABLE theirs (x); ${mark}`);
      db.close();
      await refused(file, "is another program's database");
    });
  }

  it("another program's database with its last transaction still in a log", async () => {
    const file = join(folder(), 'journal.db');
    leaveByKill(file, 'PRAGMA application_id = 77');
    await refused(file, "is another program's database");
  });

  it('a newer schema', async () => {
    const file = join(folder(), 'journal.db');
    await leaveClosed(file);
    const db = new Database(file);
    db.pragma('user_version = 99');
    db.close();
    await refused(file, 'was written by a newer msglite .schema 99, this one knows');
  });

  it('a newer schema that only its log knows of', async () => {
    const file = join(folder(), 'journal.db');
    leaveByKill(file, 'PRAGMA user_version = 99');
    await refused(file, 'was written by a newer msglite');
  });

  for (const [what, damage] of [
    ['cut in the middle', (file: string) => truncateSync(file, 40_960)],
    ['cut within a page', (file: string) => truncateSync(file, 50_000)],
    ['with a page overwritten', (file: string) => overwrite(file, 16 * 4096, RUBBISH)],
    ['with its schema overwritten', (file: string) => overwrite(file, 100, RUBBISH.subarray(0, 3996))],
  ] as const) {
    it(`a file ${what}`, async () => {
      const file = join(folder(), 'journal.db');
      await leaveClosed(file);
      damage(file);
      const error = await refused(file, 'is damaged .*move it and its -wal file away');
      expect(error.cause)
        .to.have.property('code')
        .that.matches(/^SQLITE_CORRUPT/);
    });
  }

  it('a file with its beginning overwritten', async () => {
    const file = join(folder(), 'journal.db');
    await leaveClosed(file);
    overwrite(file, 0, RUBBISH.subarray(0, 100));
    await refused(file, 'is not a database, or its beginning is damaged');
  });

  it('a file cut to a few bytes', async () => {
    const file = join(folder(), 'journal.db');
    await leaveClosed(file);
    truncateSync(file, 50);
    await refused(file, 'its beginning is damaged');
  });

  it('a damaged file beside a log that is sound', async () => {
    const file = join(folder(), 'journal.db');
    await leaveClosed(file);
    leaveByKill(file);
    overwrite(file, 16 * 4096, RUBBISH);
    await refused(file, 'is damaged');
  });

  it('an empty file beside its log', async () => {
    const file = join(folder(), 'journal.db');
    leaveByKill(file);
    truncateSync(file, 0);
    await refused(file, 'is empty but its log');
  });

  it('a log without its file', async () => {
    const file = join(folder(), 'journal.db');
    leaveByKill(file);
    rmSync(file);
    await refused(file, 'is gone but its log');
  });

  it('nobody else may read a journal that it makes', async () => {
    const path = join(folder(), 'journal.db');
    await leaveClosed(path);
    expect(statSync(path).mode & 0o777).to.equal(0o600);
  });

  it('a journal whose tables are gone', async () => {
    const path = join(folder(), 'journal.db');
    await leaveClosed(path);
    const db = new Database(path);
    db.exec('DROP TABLE messages');
    db.close();
    expect(() => new SqliteJournal(path, 'full'))
      .to.throw(JournalError)
      .with.property('message', `the journal ${path} cannot be used (no such table: messages)`);
  });

  it('a folder in place of the file', async () => {
    const path = folder();
    mkdirSync(join(path, 'journal.db'));
    await refused(join(path, 'journal.db'), 'is not a file');
  });

  it('a folder that is not there', () => {
    const file = join(folder(), 'missing', 'journal.db');
    expect(() => new SqliteJournal(file, 'full')).to.throw(
      JournalError,
      `${file} cannot be opened: there is no folder`,
    );
  });

  describe('damage in a file too large to be checked at start', () => {
    /** Leaves 70 MB that wait in a queue, with a page of that table or index damaged. */
    async function leaveDamaged(file: string, of: string): Promise<void> {
      const first = new SqliteJournal(file, 'normal');
      const body = 'x'.repeat(100_000);
      const some = (from: number) => Array.from({ length: 100 }, (_, i) => stored(from + i, { to: 'a', body }));
      for (let seq = 1; seq <= 700; seq += 100) await keep(first, batch(some(seq)));
      await first.close();
      const db = new Database(file);
      const leaf = "SELECT max(pageno) FROM dbstat WHERE name = ? AND pagetype = 'leaf'";
      const page = db.prepare<[string], number>(leaf).pluck().get(of) ?? 0;
      db.close();
      overwrite(file, (page - 1) * 4096, RUBBISH);
    }

    async function expectFailing(journal: SqliteJournal): Promise<void> {
      expect(await commit(journal, batch([stored(50_000)]))).to.have.property('kind', 'failed');
      const wanted = { of: 'queue', queue: 'a', after: 0 } as const;
      const failure = await new Promise((resolve) => {
        journal.read(wanted, 1, 1, (found, why) => resolve(found.length === 0 ? why : found));
      });
      expect(failure).to.have.property('kind', 'failed');
    }

    it('shows when it is restored, if in what is counted; then nothing succeeds', async () => {
      const file = join(folder(), 'journal.db');
      await leaveDamaged(file, 'messages_queue');
      const journal = new SqliteJournal(file, 'full');
      expect(() => restored(journal)).to.throw(JournalError, `the journal ${file} is damaged`);
      await expectFailing(journal);
      await journal.close();
    });

    it('shows when it is read, if in a message; then nothing succeeds', async () => {
      const file = join(folder(), 'journal.db');
      await leaveDamaged(file, 'messages');
      const journal = new SqliteJournal(file, 'full');
      expect(restored(journal).queues).to.deep.equal({ a: 700 });
      expect(await read(journal, { of: 'queue', queue: 'a', after: 0 }, 5)).to.have.lengthOf(5);
      const all = await read(journal, { of: 'queue', queue: 'a', after: 600 }).catch((error: Error) => error);
      expect(all).to.be.instanceOf(JournalError).with.property('message').that.includes(`${file} is damaged`);
      await expectFailing(journal);
      await journal.close();
    });
  });

  /** Runs as somebody to whom permissions apply. */
  async function unprivileged(test: () => Promise<void>): Promise<void> {
    const root = process.geteuid?.() === 0;
    if (root) process.seteuid?.(65534);
    try {
      await test();
    } finally {
      if (root) process.seteuid?.(0);
    }
  }

  for (const [what, mode, folderMode] of [
    ['a file that it may only read', 0o444, 0o777],
    ['a file that it may not even read', 0o000, 0o777],
    ['a folder in which it may not write', 0o666, 0o555],
  ] as const) {
    it(what, async () => {
      const path = folder();
      const file = join(path, 'journal.db');
      await leaveClosed(file);
      const before = contents(path);
      chmodSync(file, mode);
      chmodSync(path, folderMode);
      await unprivileged(async () => {
        expect(() => new SqliteJournal(file, 'full')).to.throw(JournalError, /cannot be opened .*writable/);
      });
      chmodSync(path, 0o700);
      chmodSync(file, 0o600);
      expect(contents(path)).to.deep.equal(before);
    });
  }

  it('but takes an empty file for a new one, and one whose first broker got no further than making it', async () => {
    const empty = join(folder(), 'journal.db');
    writeFileSync(empty, '');
    await new SqliteJournal(empty, 'full').close();
    const young = join(folder(), 'journal.db');
    const db = new Database(young);
    db.pragma('journal_mode = MEMORY');
    db.pragma('auto_vacuum = INCREMENTAL');
    db.pragma('journal_mode = WAL');
    db.close();
    await new SqliteJournal(young, 'full').close();
  });
});
