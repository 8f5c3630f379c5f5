/** A journal that can't be used; the message names the file, what is wrong and what to do. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
}

/** What an error of SQLite, or of the file system, means for a journal. */
export function journalError(file: string, cause: Error): JournalError {
  return new JournalError(`the journal ${file} ${explain(codeOf(cause), cause.message)}`, { cause });
}

/** Whether it can be tried again when there is space. A quota that is used up is told as a failed write, and is none. */
export function isFull(error: unknown): boolean {
  return error instanceof Error && codeOf(error) === 'SQLITE_FULL';
}

/** What SQLite would throw if it were let go on. */
export function noRoom(file: string): Error {
  return Object.assign(new Error(`too little space is left on the disk of ${file}`), { code: 'SQLITE_FULL' });
}

/** The error's code, such as `SQLITE_FULL`; empty if it has none. */
function codeOf(error: Error): string {
  return (error as { code?: string }).code ?? '';
}

// SQLite falls back to reading where it may not write, and then fails to lock: hence IOERR_LOCK among these.
const UNREACHABLE = /^SQLITE_(CANTOPEN|READONLY|PERM|AUTH|IOERR_LOCK)|^E(ACCES|PERM|NOTDIR)$/;

function explain(code: string, message: string): string {
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return 'is in use by another broker; give each broker a file of its own';
  if (code === 'SQLITE_NOTADB') {
    return 'is not a database, or its beginning is damaged; name another file, or move this one and its -wal file away';
  }
  if (code.startsWith('SQLITE_CORRUPT')) {
    return `is damaged (${message}); bring it back from a copy, or move it and its -wal file away to start anew`;
  }
  if (UNREACHABLE.test(code)) return `cannot be opened (${message}); its folder must exist, and both be writable`;
  return `cannot be used (${message})`;
}
