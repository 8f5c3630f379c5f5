import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { Message } from '../../../domain/message.js';
import type { Batch, Journal, JournalFailure, Moment, Stored } from '../../../ports/journal.js';
import { isFull, journalError, noRoom } from './errors.js';
import { openDatabase } from './open.js';
import { hasRoom, PAGE } from './space.js';

/** A row of `messages`, in the order of SELECT_ALL. */
type Row = [seq: number, address: string, replyTo: string | null, timeout: number, due: number, body: Buffer];

/** The log's length, and how much of it is in the database already, in pages. */
interface Log {
  readonly log: number;
  readonly checkpointed: number;
}

const SELECT_ALL = 'SELECT seq, address, reply_to, timeout, due, body FROM messages ORDER BY seq';
const INSERT = 'INSERT INTO messages (seq, address, reply_to, timeout, due, body) VALUES (?, ?, ?, ?, ?, ?)';
const DELETE = 'DELETE FROM messages WHERE seq = ?';
const SELECT_MOMENT = 'SELECT running, wall FROM moment';
const WRITE_MOMENT = 'INSERT OR REPLACE INTO moment (id, running, wall) VALUES (1, ?, ?)';
const MEASURE_LOG = 'PRAGMA wal_checkpoint(NOOP)';
const COUNT_FREE = 'PRAGMA freelist_count';
const CHECKPOINT = 'PRAGMA wal_checkpoint(PASSIVE)';

/**
 * Pages, 4 MiB, after which the log is moved into the database and starts over. That takes two syncs: much sooner would
 * be felt, much later makes each of them, and a start after a crash, long.
 */
const LOG_PAGES = 1000;

/**
 * Keeps queued messages in an SQLite database that is this broker's alone. Commits are done when `commit` returns.
 *
 * States: sound -> failed. After a failure nobody knows what the disk holds, while SQLite would go on as if nothing had
 * been (the next sync after one that failed says that all is well), so it isn't asked again.
 */
export class SqliteJournal implements Journal {
  readonly #db: Database.Database;
  readonly #selectAll: Database.Statement<[], Row>;
  readonly #insert: Database.Statement;
  readonly #delete: Database.Statement;
  readonly #selectMoment: Database.Statement<[], Moment>;
  readonly #writeMoment: Database.Statement;
  readonly #measureLog: Database.Statement<[], Log>;
  readonly #countFree: Database.Statement<[], number>;
  readonly #checkpoint: Database.Statement<[], Log>;
  readonly #write: Database.Transaction<(batch: Batch) => void>;
  /** Bytes of the log that are not in the database yet. */
  #waiting = 0;
  #failure: JournalFailure | undefined;

  /** @throws JournalError if the file can't be used; then it is as it was */
  constructor(
    private readonly file: string,
    readonly sync: 'normal' | 'full',
  ) {
    const db = openDatabase(file, sync);
    this.#db = db;
    try {
      this.#selectAll = db.prepare<[], Row>(SELECT_ALL).raw();
      this.#insert = db.prepare(INSERT);
      this.#delete = db.prepare(DELETE);
      this.#selectMoment = db.prepare(SELECT_MOMENT);
      this.#writeMoment = db.prepare(WRITE_MOMENT);
      this.#measureLog = db.prepare(MEASURE_LOG);
      this.#countFree = db.prepare<[], number>(COUNT_FREE).pluck();
      this.#checkpoint = db.prepare(CHECKPOINT);
      this.#write = db.transaction((batch: Batch) => this.#writeBatch(batch));
    } catch (error) {
      // Its schema is not what its version says.
      db.close();
      throw journalError(file, error as Error);
    }
  }

  /** Finds the damage that a file too large to be checked at opening may hold; after that, no commit succeeds. */
  restore(visit: (stored: Stored) => void): Moment | undefined {
    try {
      for (const [seq, address, replyTo, timeout, due, body] of this.#selectAll.iterate()) {
        const message = new Message(address, replyTo ?? undefined, body.toString('latin1'), timeout);
        visit({ seq, due, message });
      }
      return this.#selectMoment.get();
    } catch (error) {
      if (!(error instanceof Database.SqliteError)) throw error;
      this.#failure = { kind: 'failed', cause: journalError(this.file, error) };
      throw this.#failure.cause;
    }
  }

  commit(batch: Batch, done: (failure?: JournalFailure) => void): void {
    done(this.#failure ?? this.#guard(() => this.#keep(batch)));
  }

  /** @throws JournalError if what was committed can't be brought to rest: it may not be on the disk */
  async close(): Promise<void> {
    if (!this.#db.open) return;
    // A full disk is no harm: everything is in the log, and the next start goes on from there.
    const failure = this.#failure === undefined ? this.#guard(() => this.#moveLog()) : undefined;
    this.#db.close();
    if (failure?.kind === 'failed') throw failure.cause;
  }

  /** Does it, and tells what went wrong by what can be done about it. */
  #guard(work: () => void): JournalFailure | undefined {
    try {
      work();
      return undefined;
    } catch (error) {
      const cause = error as Error;
      if (isFull(cause)) return { kind: 'full', cause };
      this.#failure = { kind: 'failed', cause: journalError(this.file, cause) };
      return this.#failure;
    }
  }

  #keep(batch: Batch): void {
    this.#makeRoom(batch.added);
    try {
      this.#write.immediate(batch);
    } catch (error) {
      if (!isFull(error)) throw error;
      // There may be room in the log's own file, once what is in it has been moved out.
      this.#moveLog();
      this.#write.immediate(batch);
    }
    this.#boundLog();
  }

  /** @throws as on a full disk, if there isn't any */
  #makeRoom(added: readonly Stored[]): void {
    if (hasRoom(this.file, this.#waiting, added, { log: 0, free: 0 })) return;
    this.#moveLog();
    const log = statSync(`${this.file}-wal`).size;
    const free = (this.#countFree.get() as number) * PAGE;
    if (!hasRoom(this.file, this.#waiting, added, { log, free })) throw noRoom(this.file);
  }

  #boundLog(): void {
    const { log, checkpointed } = this.#measureLog.get() as Log;
    this.#waiting = (log - checkpointed) * PAGE;
    if (log < LOG_PAGES) return;
    try {
      this.#moveLog();
    } catch (error) {
      // The batch is safe in the log; the next commit tries again.
      if (!isFull(error)) throw error;
    }
  }

  /** Into the database; the next commit begins the log anew. */
  #moveLog(): void {
    const { log, checkpointed } = this.#checkpoint.get() as Log;
    this.#waiting = (log - checkpointed) * PAGE;
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
