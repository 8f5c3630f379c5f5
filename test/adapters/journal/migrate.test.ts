import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { SqliteJournal } from '../../../src/adapters/journal/sqlite/journal.js';
import { listMigrations, migrate } from '../../../src/adapters/journal/sqlite/migrate.js';
import { openDatabase } from '../../../src/adapters/journal/sqlite/open.js';
import { batch, keep, kept, read, restored, stored } from '../../contract/journal-parts.js';
import { scratch } from '../../faults/scratch.js';

/** Not compiled into dist/. */
const MIGRATIONS = fileURLToPath(new URL('../../../../migrations/', import.meta.url));

const A = 'CREATE TABLE a (x INTEGER) STRICT;';
const B = 'INSERT INTO a VALUES (1); CREATE TABLE b (y INTEGER) STRICT;';

describe('migrations', () => {
  const folder = scratch();

  function folderOf(files: Record<string, string>): string {
    const path = folder();
    for (const [name, sql] of Object.entries(files)) writeFileSync(join(path, name), sql);
    return path;
  }

  function tables(db: Database.Database): unknown[] {
    return db.prepare('SELECT name FROM sqlite_schema ORDER BY name').pluck().all();
  }

  it('are applied in order, each once, and counted', () => {
    const db = new Database(':memory:');
    migrate(db, listMigrations(folderOf({ '0001_a.sql': A })));
    const both = listMigrations(folderOf({ '0002_b.sql': B, '0001_a.sql': A }));
    migrate(db, both);
    migrate(db, both);
    expect(tables(db)).to.deep.equal(['a', 'b']);
    expect(db.prepare('SELECT count(*) FROM a').pluck().get()).to.equal(1);
    expect(db.pragma('user_version', { simple: true })).to.equal(2);
    db.close();
  });

  it('one that fails leaves no trace, those before it stay', () => {
    const db = new Database(':memory:');
    const steps = listMigrations(folderOf({ '0001_a.sql': A, '0002_b.sql': `${B} SELECT nonsense;` }));
    expect(() => migrate(db, steps)).to.throw('nonsense');
    expect(tables(db)).to.deep.equal(['a']);
    expect(db.prepare('SELECT count(*) FROM a').pluck().get()).to.equal(0);
    expect(db.pragma('user_version', { simple: true })).to.equal(1);
    db.close();
  });

  for (const [what, names, wrong] of [
    ['a gap', ['0001_a.sql', '0003_c.sql'], '0003_c.sql: expected a migration numbered 0002'],
    ['a number used twice', ['0001_a.sql', '0001_b.sql'], '0001_b.sql: expected a migration numbered 0002'],
    ['a start other than 1', ['0002_a.sql'], '0002_a.sql: expected a migration numbered 0001'],
    ['a name without a number', ['0001_a.sql', 'b.sql'], 'b.sql: expected a migration numbered 0002'],
    ['a number of another length', ['1_a.sql'], '1_a.sql: expected a migration numbered 0001'],
    ['none', ['readme.txt'], 'there are no migrations here'],
  ] as const) {
    it(`refuses ${what}`, () => {
      const path = folderOf(Object.fromEntries(names.map((name) => [name, A])));
      expect(() => listMigrations(path)).to.throw(wrong);
    });
  }

  it('bring a journal of an older schema up to date', () => {
    const file = join(folder(), 'journal.db');
    openDatabase(file, 'full').close();
    const nonsense = Object.fromEntries(
      listMigrations(MIGRATIONS).map((one) => [basename(one.file), 'SELECT nonsense;']),
    );
    const path = folderOf({ ...nonsense, '0003_a.sql': A });
    const db = openDatabase(file, 'full', path);
    expect(tables(db)).to.include.members(['a', 'messages', 'moment']);
    db.close();
  });

  it('let the messages of the first schema survive, each in its queue', async () => {
    const first = readFileSync(join(MIGRATIONS, '0001_messages.sql'), 'utf8');
    const file = join(folder(), 'journal.db');
    const old = openDatabase(file, 'full', folderOf({ '0001_messages.sql': first }));
    const addresses = ['a', '~m~17', '~m', '~m~', '~~x', '~', 'a~b~c', '~a%~_', '~\xe9\xff~\xe9~\xe9', '\xff'];
    const insert = old.prepare(
      'INSERT INTO messages (seq, address, reply_to, timeout, due, body) VALUES (?, ?, ?, ?, ?, ?)',
    );
    const all = addresses.map((to, i) => {
      const replyTo = i % 2 ? '~r~1' : undefined;
      const one = stored(i * 2 + 1, { to, replyTo, body: `\0${to}`.repeat(i * 2000), timeout: i });
      insert.run(one.seq, to, replyTo ?? null, i, one.due, Buffer.from(one.message.body, 'latin1'));
      return one;
    });
    old.prepare('INSERT INTO moment (id, running, wall) VALUES (1, 55, 1700000000055)').run();
    old.close();
    const journal = new SqliteJournal(file, 'full');
    expect(await kept(journal)).to.deep.equal(all);
    expect(restored(journal).last).to.deep.equal({ moment: { running: 55, wall: 1700000000055 }, lastSeq: 19 });
    expect(await read(journal, { of: 'due', by: 1e9 })).to.deep.equal(all);
    await keep(journal, batch([], [1]), batch([stored(21)]));
    expect(await kept(journal)).to.deep.equal([...all.slice(1), stored(21)]);
    await journal.close();
  });

  it('take an empty journal of the first schema', async () => {
    const first = readFileSync(join(MIGRATIONS, '0001_messages.sql'), 'utf8');
    const file = join(folder(), 'journal.db');
    openDatabase(file, 'full', folderOf({ '0001_messages.sql': first })).close();
    const journal = new SqliteJournal(file, 'full');
    expect(restored(journal).last).to.equal(undefined);
    await journal.close();
  });
});
