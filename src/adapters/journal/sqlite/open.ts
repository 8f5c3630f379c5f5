import { closeSync, existsSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { JournalError, journalError } from './errors.js';
import { APPLICATION, checkPages, inspect, inspectUntouched, isUnfinished, refuseBySize } from './inspect.js';
import { listMigrations, migrate } from './migrate.js';

const MIGRATIONS = fileURLToPath(new URL('../../../../../migrations/', import.meta.url));

/** Bytes to which the log's file is cut back when it starts over, however large one commit or a full disk has made it. */
const LOG_SIZE = 16 * 1024 * 1024;

/**
 * Opens a journal's database for this broker alone, and brings its schema up to date. A file that is refused is left as
 * it was.
 * @param migrations the folder that holds them
 * @throws JournalError
 */
export function openDatabase(file: string, sync: 'normal' | 'full', migrations = MIGRATIONS): Database.Database {
  const steps = listMigrations(migrations);
  let db: Database.Database | undefined;
  try {
    refuseBySize(file);
    const unfinished = isUnfinished(file);
    if (unfinished) inspectUntouched(file, steps.length);
    makePrivate(file);
    db = new Database(file, { timeout: 0 });
    // Before anything is read, so that one broker holds the file, and no shared memory file is needed.
    db.pragma('locking_mode = EXCLUSIVE');
    inspect(db, file, steps.length);
    // Otherwise they were looked through just now.
    if (!unfinished) checkPages(db, file);
    configure(db, sync);
    // A table made anew is all in the log now, however large: the first commit would have to move it.
    if (migrate(db, steps)) db.pragma('wal_checkpoint(TRUNCATE)');
    verify(db, sync);
    return db;
  } catch (error) {
    db?.close();
    throw error instanceof JournalError ? error : journalError(file, error as Error);
  }
}

function configure(db: Database.Database, sync: 'normal' | 'full'): void {
  db.pragma('temp_store = MEMORY');
  if (db.pragma('application_id', { simple: true }) === 0) prepareNew(db);
  // Set outright: SQLite as it is built here takes NORMAL for granted in WAL mode, from the first transaction on.
  db.pragma(`synchronous = ${level(sync)}`);
  // `SqliteJournal` does this itself: SQLite keeps to itself what goes wrong in a checkpoint of its own, a failed sync too.
  db.pragma('wal_autocheckpoint = 0');
  db.pragma(`journal_size_limit = ${LOG_SIZE}`);
}

function prepareNew(db: Database.Database): void {
  // No second file while there is nothing to lose: a broker killed right here leaves nothing that has to be undone.
  db.pragma('journal_mode = MEMORY');
  // Has to come before the first table; later it would take a VACUUM.
  db.pragma('auto_vacuum = INCREMENTAL');
  db.pragma('journal_mode = WAL');
  db.pragma(`application_id = ${APPLICATION}`);
}

/** SQLite says nothing when it does not do as told, and some of it only shows after the first transaction. */
function verify(db: Database.Database, sync: 'normal' | 'full'): void {
  db.transaction(() => db.prepare('SELECT count(*) FROM sqlite_schema').get())();
  expectPragma(db, 'journal_mode', 'wal');
  expectPragma(db, 'locking_mode', 'exclusive');
  expectPragma(db, 'synchronous', level(sync));
  expectPragma(db, 'auto_vacuum', 2);
}

function level(sync: 'normal' | 'full'): number {
  return sync === 'full' ? 2 : 1;
}

function expectPragma(db: Database.Database, pragma: string, expected: string | number): void {
  const actual = db.pragma(pragma, { simple: true });
  if (actual !== expected) throw new Error(`SQLite has ${pragma} = ${actual} where ${expected} was asked for`);
}

/** Messages are nobody else's business. SQLite gives its log the permissions of the file. */
function makePrivate(file: string): void {
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
}
