import { existsSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { JournalError, journalError } from './errors.js';

/** Marks a database as ours: "msgl". */
export const APPLICATION = 0x6d73676c;

/**
 * Bytes up to which a file is checked whole at start: 3 ms a MiB. Beyond, a start would take as long as the backlog is
 * large; and what is restored is read through SQLite's own checks of each page anyway.
 */
const CHECKED = 64 * 1024 * 1024;

/** Bytes of the smallest database there can be: one page of the smallest size. */
const SMALLEST = 512;

/**
 * Refuses what can be told from names and sizes alone. It never opens the file: closing it again would drop the locks
 * of a broker in this same process.
 */
export function refuseBySize(file: string): void {
  const folder = dirname(file);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new JournalError(`the journal ${file} cannot be opened: there is no folder ${folder}; make it first`);
  }
  const found = statSync(file, { throwIfNoEntry: false });
  if (found !== undefined && !found.isFile()) {
    throw new JournalError(`the journal ${file} is not a file but a folder or a device; name a file`);
  }
  const size = sizeOf(file);
  // SQLite would take it for a new database, and write over it.
  if (size > 0 && size < SMALLEST) throw coded(file, 'SQLITE_NOTADB', `it has ${size} bytes`);
  // This too, and throw away the log with all that is in it.
  if (size === 0 && sizeOf(`${file}-wal`) > 0) {
    const state = found === undefined ? 'gone' : 'empty';
    throw new JournalError(
      `the journal ${file} is ${state} but its log, ${file}-wal, is not; move both away to start anew`,
    );
  }
}

/**
 * Whether something is left to be written into the file. Then to open it for writing, and to close it, would do so:
 * it has to be looked at by `inspectUntouched` first.
 */
export function isUnfinished(file: string): boolean {
  return sizeOf(file) > 0 && (sizeOf(`${file}-wal`) > 0 || existsSync(`${file}-journal`));
}

/** `inspect` and `checkPages` by a connection that can't write, and leaves no file behind that was not there. */
export function inspectUntouched(file: string, newest: number): void {
  const index = `${file}-shm`;
  const had = existsSync(index);
  const db = new Database(file, { readonly: true, timeout: 0 });
  try {
    inspect(db, file, newest);
    checkPages(db, file);
  } finally {
    // While we still share the lock, so that no broker can have started.
    if (!had) rmSync(index, { force: true });
    db.close();
  }
}

/**
 * Refuses what is not a journal of a schema that we know. Only reads.
 * @throws JournalError, or what SQLite throws
 */
export function inspect(db: Database.Database, file: string, newest: number): void {
  const version = db.pragma('user_version', { simple: true }) as number;
  const application = db.pragma('application_id', { simple: true }) as number;
  // All 0 while the file is new, or its first broker was killed right after making it.
  const isNew = application === 0 && version === 0 && db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
  if (application !== APPLICATION && !isNew) {
    throw new JournalError(`the journal ${file} is another program's database; name another file`);
  }
  if (version > newest) {
    const versions = `schema ${version}, this one knows ${newest}`;
    throw new JournalError(
      `the journal ${file} was written by a newer msglite (${versions}); use that, or another file`,
    );
  }
}

/**
 * Refuses a damaged journal, unless it is a large one. Only reads.
 * @throws JournalError, or what SQLite throws
 */
export function checkPages(db: Database.Database, file: string): void {
  if (bytesOf(db) > CHECKED) return;
  const found = db.pragma('quick_check(1)', { simple: true }) as string;
  if (found !== 'ok') throw coded(file, 'SQLITE_CORRUPT', found.replace(/\s+/g, ' '));
}

/** What we found ourselves, said as SQLite would have. */
function coded(file: string, code: string, what: string): JournalError {
  return journalError(file, Object.assign(new Error(what), { code }));
}

function bytesOf(db: Database.Database): number {
  return (db.pragma('page_count', { simple: true }) as number) * (db.pragma('page_size', { simple: true }) as number);
}

/** 0 if there is no such file. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
