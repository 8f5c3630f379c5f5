import type Database from 'better-sqlite3';
import { isFull } from './errors.js';
import { PAGE } from './space.js';

/** The log's length, and how much of it is in the database already, in pages. */
interface Length {
  readonly log: number;
  readonly checkpointed: number;
}

const MEASURE = 'PRAGMA wal_checkpoint(NOOP)';
const CHECKPOINT = 'PRAGMA wal_checkpoint(PASSIVE)';

/**
 * Pages, 4 MiB, after which the log is moved into the database and starts over. That takes two syncs: much sooner would
 * be felt, much later makes each of them, and a start after a crash, long.
 */
const LONGEST = 1000;

/** The log of a database: what was committed and is not in the database itself yet. */
export class Log {
  readonly #measure: Database.Statement<[], Length>;
  readonly #checkpoint: Database.Statement<[], Length>;
  #waiting = 0;

  constructor(db: Database.Database) {
    this.#measure = db.prepare(MEASURE);
    this.#checkpoint = db.prepare(CHECKPOINT);
  }

  /** Bytes that are not in the database yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Looks how long it has become, and moves it if that is too long. */
  bound(): void {
    if (this.#count(this.#measure) >= LONGEST) this.tryToMove();
  }

  /** On a full disk it stays, and what was committed is safe in it; the next time may go better. */
  tryToMove(): void {
    try {
      this.move();
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }

  /** Moves it into the database; the next commit begins it anew. */
  move(): void {
    this.#count(this.#checkpoint);
  }

  /** Returns its length in pages. */
  #count(statement: Database.Statement<[], Length>): number {
    const { log, checkpointed } = statement.get() as Length;
    this.#waiting = (log - checkpointed) * PAGE;
    return log;
  }
}
