import type { Message } from '../domain/message.js';

/** A message as the journal keeps it. */
export interface Stored {
  /** Its place in the order in which the broker took messages; higher than that of all that are kept already. */
  readonly seq: number;
  /** When it expires, in milliseconds of the broker's running time. */
  readonly due: number;
  readonly message: Message;
}

/** A moment, on both clocks: the one that counts while a broker runs, and the one that counts between two runs. */
export interface Moment {
  /** Milliseconds of running time: what all `due` are measured on. */
  readonly running: number;
  /** Milliseconds of wall time since 1970. */
  readonly wall: number;
}

/** What one commit changes. Its arrays are the journal's until `done` was called, and then empty again. */
export interface Batch {
  readonly added: readonly Stored[];
  /** Messages that are finished, by their `seq`. One that the journal does not hold is passed over. */
  readonly removed: readonly number[];
  readonly moment: Moment;
}

/**
 * `full`: nothing of the batch was kept; it can be tried again when there is space.
 * `failed`: what the disk holds is unknown, and nothing may be promised any more.
 */
export interface JournalFailure {
  readonly kind: 'full' | 'failed';
  readonly cause: Error;
}

/**
 * Keeps queued messages across restarts. Used by one broker, from `restore` to `close`.
 *
 * `off` keeps nothing: every commit succeeds at once. `normal` survives the death of the broker, `full` that of
 * the machine.
 */
export interface Journal {
  readonly sync: 'off' | 'normal' | 'full';
  /**
   * Visits what is kept, in the order of `seq`, before anything else is asked of the journal.
   * @returns the moment of the last commit, or undefined if there was none.
   * @throws if the journal is damaged
   */
  restore(visit: (stored: Stored) => void): Moment | undefined;
  /** Keeps the whole batch or nothing of it. Calls `done` once, at once or later; batches are done in order. */
  commit(batch: Batch, done: (failure?: JournalFailure) => void): void;
  /** Releases what is held. Commits under way are done before it resolves. */
  close(): Promise<void>;
}
