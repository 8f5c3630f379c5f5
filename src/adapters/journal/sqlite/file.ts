import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Batch, JournalFailure, Moment, Restoring, Stored, Wanted } from '../../../ports/journal.js';
import { isFull, journalError, noRoom } from './errors.js';
import { Log } from './log.js';
import { openDatabase } from './open.js';
import { Reader } from './reader.js';
import { Shrinker } from './shrink.js';
import { bytesOf, hasRoom } from './space.js';
import { Writer } from './writer.js';

/**
 * The database of a journal, which is this broker's alone. Whatever is done with it takes as long as the disk does: so
 * that nobody else waits for that, it is used in a thread of its own.
 *
 * States: sound -> failed. After a failure nobody knows what the disk holds, while SQLite would go on as if nothing had
 * been (the next sync after one that failed says that all is well), so it isn't asked again.
 */
export class JournalFile {
  readonly #db: Database.Database;
  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #log: Log;
  readonly #shrinker: Shrinker;
  #failure: JournalFailure | undefined;

  /** @throws JournalError if the file can't be used; then it is as it was */
  constructor(
    private readonly file: string,
    sync: 'normal' | 'full',
  ) {
    const db = openDatabase(file, sync);
    this.#db = db;
    try {
      this.#writer = new Writer(db);
      this.#reader = new Reader(db);
      this.#log = new Log(db);
      this.#shrinker = new Shrinker(db, this.#log, (work) => this.#guard(work));
    } catch (error) {
      // Its schema is not what its version says, or a page that is read here is damaged.
      db.close();
      throw journalError(file, error as Error);
    }
  }

  /**
   * Tells what is kept. May find damage in a file that is too large to be checked at opening; after that, nothing succeeds.
   * @throws JournalError
   */
  restore(restoring: Restoring): { moment: Moment; lastSeq: number } | undefined {
    try {
      const found = this.#reader.restore(restoring);
      this.#shrinker.look();
      return found;
    } catch (error) {
      if (!(error instanceof Database.SqliteError)) throw error;
      this.#failure = this.#failed(error);
      throw this.#failure.cause;
    }
  }

  /** Keeps the whole batch, or nothing of it. */
  commit(batch: Batch): JournalFailure | undefined {
    return this.#guard(() => this.#keep(batch));
  }

  read(
    wanted: Wanted,
    count: number,
    bytes: number,
  ): { found: readonly Stored[]; failure: JournalFailure | undefined } {
    let found: readonly Stored[] = [];
    const failure = this.#guard(() => {
      found = this.#reader.read(wanted, count, bytes);
    });
    return { found, failure };
  }

  /** @throws JournalError if what was committed can't be brought to rest: it may not be on the disk */
  close(): void {
    if (!this.#db.open) return;
    this.#shrinker.stop();
    // A full disk is no harm: everything is in the log, and the next start goes on from there.
    const failure = this.#failure === undefined ? this.#guard(() => this.#log.move()) : undefined;
    this.#db.close();
    if (failure?.kind === 'failed') throw failure.cause;
  }

  /** Does it, unless the journal has failed, and tells what went wrong by what can be done about it. */
  #guard(work: () => void): JournalFailure | undefined {
    if (this.#failure !== undefined) return this.#failure;
    try {
      work();
      return undefined;
    } catch (error) {
      const cause = error as Error;
      if (isFull(cause)) return { kind: 'full', cause };
      this.#failure = this.#failed(cause);
      return this.#failure;
    }
  }

  #failed(cause: Error): JournalFailure {
    return { kind: 'failed', cause: journalError(this.file, cause) };
  }

  #keep(batch: Batch): void {
    this.#makeRoom(batch);
    try {
      this.#writer.write(batch);
    } catch (error) {
      if (!isFull(error)) throw error;
      // There may be room in the log's own file, once what is in it has been moved out.
      this.#log.move();
      this.#writer.write(batch);
    }
    this.#log.bound();
    this.#shrinker.look();
  }

  /** @throws as on a full disk, if there isn't any */
  #makeRoom(batch: Batch): void {
    const bytes = bytesOf(batch);
    if (hasRoom(this.file, bytes, { waiting: this.#log.waiting, log: 0, free: 0 }, 'with margin')) return;
    // Then all of the log's file can be written over.
    this.#log.tryToMove();
    // Ends of messages need no more, and make room.
    if (bytes === 0) return;
    const log = statSync(`${this.file}-wal`).size;
    const inside = { waiting: this.#log.waiting, log, free: this.#shrinker.free };
    const margin = batch.added.length > 0 ? 'with margin' : 'without';
    if (!hasRoom(this.file, bytes, inside, margin)) throw noRoom(this.file);
  }
}
