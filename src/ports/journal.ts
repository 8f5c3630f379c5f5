import type { Message } from '../domain/message.js';

/** A message as the journal keeps it. */
export interface Stored {
  /** Its place in the order of its queue, and its name in the journal: a whole number above 0, never used again. */
  readonly seq: number;
  /** The queue it is in. */
  readonly queue: string;
  /** The full address it is at: the one it was sent to, or for a dead letter the one it was moved to. */
  readonly at: string;
  /** When it expires, in milliseconds of the broker's running time. */
  readonly due: number;
  /** When it takes its place in its queue, in running time; 0: it has. */
  readonly ready: number;
  /** Leased deliveries it had when it came to this place. A `StoredDelivery` says more. */
  readonly attempts: number;
  /** Of its reply address and body, to tell another message of the same id; 0 where it has no id. 53 bits. */
  readonly fingerprint: number;
  readonly message: Message;
}

/** What became of a message since it came to its place; there is none for one that was never handed out. */
export interface StoredDelivery {
  readonly seq: number;
  /** Leased deliveries so far, the one under way included. */
  readonly attempts: number;
  /** The name of the delivery under way; undefined: it is back in its queue. */
  readonly name: string | undefined;
  /** In running time: when the lease ends, or for one that was given back, when its delay does. 0: there is none. */
  readonly until: number;
  /** Somebody has sent to its reply address, and it is to be delivered once. */
  readonly answered: boolean;
}

/** A message that gets another place: a dead letter, one that is kicked, or one whose delay has ended. */
export interface Moved {
  /** The `seq` it has had; what was known of its deliveries is forgotten. */
  readonly from: number;
  /** All but the body may be new. */
  readonly stored: Stored;
}

export type Outcome = 'done' | 'dead' | 'expired';

/** The id of a message that is finished, remembered so that it is not taken twice. */
export interface StoredId {
  /** Counts up; older ones are forgotten first. */
  readonly number: number;
  readonly address: string;
  readonly id: string;
  readonly fingerprint: number;
  readonly outcome: Outcome;
  /** In running time. */
  readonly forgetAt: number;
}

/** A moment, on both clocks: the one that counts while a broker runs, and the one that counts between two runs. */
export interface Moment {
  /** Milliseconds of running time: what all `due` are measured on. */
  readonly running: number;
  /** Milliseconds of wall time since 1970. */
  readonly wall: number;
}

/** What one commit changes, in this order. Read before `commit` returns: what is in it goes on changing. */
export interface Batch {
  readonly added: readonly Stored[];
  readonly moved: readonly Moved[];
  /** Messages that are finished, by their `seq`, with their deliveries. */
  readonly removed: readonly number[];
  /** Each takes the place of what was known of that message's deliveries. */
  readonly delivered: readonly StoredDelivery[];
  readonly remembered: readonly StoredId[];
  /** All remembered ids up to this number are forgotten; 0: none. */
  readonly forgotten: number;
  readonly paused: readonly string[];
  readonly resumed: readonly string[];
  readonly moment: Moment;
}

/**
 * `full`: nothing of the batch was kept; it can be tried again when there is space, or without what it adds.
 * `failed`: what the disk holds is unknown, and nothing may be promised any more.
 */
export interface JournalFailure {
  readonly kind: 'full' | 'failed';
  readonly cause: Error;
}

/** Hears what the journal holds, in the order of these methods. */
export interface Restoring {
  /** A queue, and how many messages wait in it; delayed and handed-out ones (those with a `StoredDelivery`) not counted. */
  queue(name: string, count: number): void;
  /** How many messages are delayed, and when the first delay ends. */
  delayed(count: number, first: number): void;
  /** A message that was handed out, or given back. */
  delivery(stored: Stored, delivery: StoredDelivery): void;
  /** A message that is not finished and has an id; those of `delivery` too, but no dead letters. */
  waitingId(address: string, id: string, fingerprint: number, seq: number): void;
  /** In the order of `number`. */
  finishedId(id: StoredId): void;
  paused(address: string): void;
}

/** Which messages to read: none of them has a `StoredDelivery`. */
export type Wanted =
  /** Those of a queue that have their place in it, after a `seq`, in order. */
  | { readonly of: 'queue'; readonly queue: string; readonly after: number }
  /** Those whose `due` is no later, earliest first. */
  | { readonly of: 'due'; readonly by: number }
  /** Those that are delayed and whose `ready` is no later, earliest first; after a `seq` among those of one moment. */
  | { readonly of: 'ready'; readonly by: number };

/**
 * Keeps queued messages across restarts, and beyond what fits into memory. Used by one broker, from `restore` to `close`.
 *
 * `off` keeps nothing: every commit succeeds at once. `normal` survives the death of the broker, `full` that of
 * the machine.
 */
export interface Journal {
  readonly sync: 'off' | 'normal' | 'full';
  /**
   * Tells what is kept, before anything else is asked of the journal, without reading the messages that wait.
   * @returns the moment of the last commit and the highest `seq`, or undefined if there was no commit.
   * @throws if the journal is damaged
   */
  restore(restoring: Restoring): { readonly moment: Moment; readonly lastSeq: number } | undefined;
  /** Keeps the whole batch or nothing of it. Calls `done` once, at once or later; commits and reads are done in order. */
  commit(batch: Batch, done: (failure?: JournalFailure) => void): void;
  /**
   * Reads messages, as of the commits before: `count` at most, and no more once their bodies have `bytes` bytes, but one
   * if there is one. Calls `done` once, at once or later.
   */
  read(
    wanted: Wanted,
    count: number,
    bytes: number,
    done: (found: readonly Stored[], failure?: JournalFailure) => void,
  ): void;
  /** Releases what is held. Commits under way are done before it resolves. */
  close(): Promise<void>;
}
