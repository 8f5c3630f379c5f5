import type Database from 'better-sqlite3';
import { Message } from '../../../domain/message.js';
import type { Batch, Journal, JournalFailure, Moment, Stored } from '../../../ports/journal.js';
import { journalError, openDatabase } from './open.js';

/** A row of `messages`, in the order of SELECT_ALL. */
type Row = [seq: number, address: string, replyTo: string | null, timeout: number, due: number, body: Buffer];

const SELECT_ALL = 'SELECT seq, address, reply_to, timeout, due, body FROM messages ORDER BY seq';
const INSERT = 'INSERT INTO messages (seq, address, reply_to, timeout, due, body) VALUES (?, ?, ?, ?, ?, ?)';
const DELETE = 'DELETE FROM messages WHERE seq = ?';
const SELECT_MOMENT = 'SELECT running, wall FROM moment';
const WRITE_MOMENT = 'INSERT OR REPLACE INTO moment (id, running, wall) VALUES (1, ?, ?)';

/** Keeps queued messages in an SQLite database that is this broker's alone. Commits are done when `commit` returns. */
export class SqliteJournal implements Journal {
  readonly #db: Database.Database;
  readonly #selectAll: Database.Statement<[], Row>;
  readonly #insert: Database.Statement;
  readonly #delete: Database.Statement;
  readonly #selectMoment: Database.Statement<[], Moment>;
  readonly #writeMoment: Database.Statement;
  readonly #write: Database.Transaction<(batch: Batch) => void>;
  /** After a failure nobody knows what the disk holds, and SQLite would go on as if nothing had been. */
  #failure: JournalFailure | undefined;

  /** @throws JournalError if the file can't be used; then it is as it was */
  constructor(
    private readonly file: string,
    readonly sync: 'normal' | 'full',
  ) {
    const db = openDatabase(file, sync);
    this.#db = db;
    this.#selectAll = db.prepare<[], Row>(SELECT_ALL).raw();
    this.#insert = db.prepare(INSERT);
    this.#delete = db.prepare(DELETE);
    this.#selectMoment = db.prepare(SELECT_MOMENT);
    this.#writeMoment = db.prepare(WRITE_MOMENT);
    this.#write = db.transaction((batch: Batch) => this.#writeBatch(batch));
  }

  restore(visit: (stored: Stored) => void): Moment | undefined {
    try {
      for (const [seq, address, replyTo, timeout, due, body] of this.#selectAll.iterate()) {
        const message = new Message(address, replyTo ?? undefined, body.toString('latin1'), timeout);
        visit({ seq, due, message });
      }
      return this.#selectMoment.get();
    } catch (error) {
      throw journalError(this.file, error as Error);
    }
  }

  commit(batch: Batch, done: (failure?: JournalFailure) => void): void {
    if (this.#failure === undefined) done(this.#try(batch));
    else done(this.#failure);
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  #try(batch: Batch): JournalFailure | undefined {
    try {
      this.#write.immediate(batch);
      return undefined;
    } catch (error) {
      const cause = error as Error & { code?: string };
      if (cause.code === 'SQLITE_FULL') return { kind: 'full', cause };
      this.#failure = { kind: 'failed', cause: journalError(this.file, cause) };
      return this.#failure;
    }
  }

  #writeBatch({ added, removed, moment }: Batch): void {
    for (const stored of added) this.#add(stored);
    for (const seq of removed) this.#delete.run(seq);
    this.#writeMoment.run(moment.running, moment.wall);
  }

  #add({ seq, due, message }: Stored): void {
    const { to, replyTo, timeout, body } = message;
    this.#insert.run(seq, to, replyTo ?? null, timeout, due, Buffer.from(body, 'latin1'));
  }
}
