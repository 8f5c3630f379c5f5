import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { listMigrations, migrate } from '../../../src/adapters/journal/sqlite/migrate.js';
import { openDatabase } from '../../../src/adapters/journal/sqlite/open.js';
import { scratch } from '../../faults/scratch.js';

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
    const path = folderOf({ '0001_messages.sql': 'SELECT nonsense;', '0002_a.sql': A });
    const db = openDatabase(file, 'full', path);
    expect(tables(db)).to.deep.equal(['a', 'messages', 'moment']);
    db.close();
  });
});
