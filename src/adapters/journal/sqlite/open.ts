import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { listMigrations, migrate } from './migrate.js';

const MIGRATIONS = fileURLToPath(new URL('../../../../../migrations/', import.meta.url));

/** Marks a database as ours: "msgl". */
const APPLICATION = 0x6d73676c;

/** Bytes up to which a file is checked whole at start. Beyond, that would cost seconds; what is read is checked by SQLite anyway. */
const CHECKED = 64 * 1024 * 1024;

/** Bytes to which the write-ahead log is cut back after a checkpoint, however large one commit has made it. */
const WAL_SIZE = 16 * 1024 * 1024;

/** A journal that can't be used; the message names the file, what is wrong and what to do. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
}

/**
 * Opens a journal's database for this broker alone, and brings its schema up to date. A file that is refused is left as
 * it was.
 * @throws JournalError
 */
export function openDatabase(file: string, sync: 'normal' | 'full', migrations = MIGRATIONS): Database.Database {
  const steps = listMigrations(migrations);
  let db: Database.Database | undefined;
  try {
    refuseByHeader(file, steps.length);
    db = new Database(file, { timeout: 0 });
    // Before anything is read, so that one broker holds the file, and no shared memory file is needed.
    db.pragma('locking_mode = EXCLUSIVE');
    inspect(db, file, steps.length);
    configure(db, sync);
    migrate(db, steps);
    return db;
  } catch (error) {
    db?.close();
    throw error instanceof JournalError ? error : journalError(file, error as Error);
  }
}

/** What an error of SQLite means for a journal. */
export function journalError(file: string, cause: Error): JournalError {
  const { code = '' } = cause as { code?: string };
  return new JournalError(`the journal ${file} ${explain(code, cause.message)}`, { cause });
}

function explain(code: string, message: string): string {
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return 'is in use by another broker; give each broker a file of its own';
  }
  if (code.startsWith('SQLITE_NOTADB')) return 'is not a journal, but some other file; name another one';
  if (code.startsWith('SQLITE_CORRUPT')) {
    return `is damaged (${message}); move it away, with its -wal file, to start with an empty one`;
  }
  if (
    code.startsWith('SQLITE_CANTOPEN') ||
    code === 'EACCES' ||
    code === 'EISDIR' ||
    code.startsWith('SQLITE_READONLY') ||
    code.startsWith('SQLITE_PERM')
  ) {
    return `cannot be opened (${message}); its folder must exist, and file and folder be writable`;
  }
  return `cannot be used: ${message}`;
}

/** Of a file's first page: what marks it as SQLite's, its schema's version and its application, big endian. */
const MAGIC = 'SQLite format 3\0';
const VERSION_AT = 60;
const APPLICATION_AT = 68;
const HEADER = 100;

/**
 * Looks at the file before SQLite does, which would already tidy up: write its log into it when it closes, or, where the
 * file is empty, throw the log away.
 */
function refuseByHeader(file: string, newest: number): void {
  if (!existsSync(file)) return;
  const log = `${file}-wal`;
  const header = readStart(file);
  if (header.length === 0) {
    if (!existsSync(log) || statSync(log).size === 0) return;
    throw new JournalError(`the journal ${file} is damaged (it is empty, but has a log); move both away to start anew`);
  }
  if (header.length < HEADER || header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw journalError(file, Object.assign(new Error('no header'), { code: 'SQLITE_NOTADB' }));
  }
  refuseByMarks(file, header.readUInt32BE(APPLICATION_AT), header.readUInt32BE(VERSION_AT), newest);
}

function readStart(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const header = Buffer.alloc(HEADER);
    return header.subarray(0, readSync(descriptor, header));
  } finally {
    closeSync(descriptor);
  }
}

function refuseByMarks(file: string, application: number, version: number, newest: number): void {
  // Both are 0 while the first start of a broker has got no further than making the file.
  if (application !== APPLICATION && (application !== 0 || version !== 0)) {
    throw new JournalError(`the journal ${file} is another program's database; name another file`);
  }
  if (version > newest) {
    const versions = `schema ${version}, this one knows ${newest}`;
    throw new JournalError(
      `the journal ${file} was written by a newer msglite (${versions}); use that, or another file`,
    );
  }
}

/** Looks again with SQLite's eyes, its log included. Reads only. */
function inspect(db: Database.Database, file: string, newest: number): void {
  const version = db.pragma('user_version', { simple: true }) as number;
  const application = db.pragma('application_id', { simple: true }) as number;
  refuseByMarks(file, application, version, newest);
  const { tables } = db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as { tables: number };
  if (tables > 0 && application !== APPLICATION) {
    throw new JournalError(`the journal ${file} is another program's database; name another file`);
  }
  if (statSync(file).size > CHECKED) return;
  const found = db.pragma('quick_check(1)', { simple: true }) as string;
  if (found !== 'ok') throw journalError(file, Object.assign(new Error(found), { code: 'SQLITE_CORRUPT' }));
}

/** Says what we rely on, and checks that it took: SQLite ignores what it does not like. */
function configure(db: Database.Database, sync: 'normal' | 'full'): void {
  // Before the first table is made; later it would take a VACUUM.
  db.pragma('auto_vacuum = INCREMENTAL');
  expectPragma(db, 'journal_mode = WAL', 'wal');
  db.pragma(`journal_size_limit = ${WAL_SIZE}`);
  db.pragma(`application_id = ${APPLICATION}`);
  const level = sync === 'full' ? 2 : 1;
  db.pragma(`synchronous = ${level}`);
  // The first transaction resets it to what SQLite was built with, unless it was set in WAL mode.
  db.transaction(() => db.pragma(`user_version = ${db.pragma('user_version', { simple: true })}`))();
  expectPragma(db, 'synchronous', level);
}

function expectPragma(db: Database.Database, pragma: string, expected: unknown): void {
  const actual = db.pragma(pragma, { simple: true });
  if (actual !== expected) throw new Error(`SQLite answers ${actual} to PRAGMA ${pragma}, not ${expected}`);
}
