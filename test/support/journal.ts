import type {
  Batch,
  Journal,
  JournalFailure,
  Moment,
  Restoring,
  Stored,
  StoredDelivery,
  StoredId,
  Wanted,
} from '../../src/ports/journal.js';
import { Kept } from './kept.js';

/** What one commit asked for, copied: a batch's arrays are only lent. */
export interface Recorded extends Omit<Batch, 'added' | 'moved'> {
  /** By their `seq`. */
  readonly added: readonly number[];
  readonly moved: readonly { readonly from: number; readonly to: number }[];
}

export type FakeOutcome = 'ok' | 'full' | 'failed';

/** A commit under way, or a read, which has no batch. */
interface Held {
  readonly batch: Batch | undefined;
  end(): void;
}

/** Keeps in memory what a real journal keeps on disk, and answers when and how the test says. */
export class FakeJournal implements Journal {
  /** Every batch asked for, kept or not. */
  readonly batches: Recorded[] = [];
  /** How commits end from now on, and with `failed` reads as well. After one that failed all do. */
  outcome: FakeOutcome = 'ok';
  /** While true commits and reads stay under way until `answer`. */
  hold = false;

  #kept = new Kept();
  #failed = false;
  #held: Held[] = [];

  constructor(readonly sync: 'normal' | 'full' = 'full') {}

  /** The messages that would come back after a restart. */
  get kept(): ReadonlyMap<number, Stored> {
    return this.#kept.messages;
  }

  /** What is known of their deliveries. */
  get deliveries(): ReadonlyMap<number, StoredDelivery> {
    return this.#kept.deliveries;
  }

  /** Of finished messages, by their number. */
  get ids(): ReadonlyMap<number, StoredId> {
    return this.#kept.ids;
  }

  get paused(): ReadonlySet<string> {
    return this.#kept.paused;
  }

  /** Commits and reads under way. */
  get underWay(): number {
    return this.#held.length;
  }

  restore(restoring: Restoring): { moment: Moment; lastSeq: number } | undefined {
    return this.#kept.restore(restoring);
  }

  commit(lent: Batch, done: (failure?: JournalFailure) => void): void {
    const batch = copy(lent);
    this.batches.push({
      ...batch,
      added: batch.added.map(({ seq }) => seq),
      moved: batch.moved.map(({ from, stored }) => ({ from, to: stored.seq })),
    });
    const end = () => {
      const failure = this.#failureFor(this.outcome);
      if (failure === undefined) this.#kept.apply(batch);
      done(failure);
    };
    this.#take({ batch, end });
  }

  read(wanted: Wanted, count: number, bytes: number, done: (found: Stored[], failure?: JournalFailure) => void): void {
    const end = () => {
      const failure = this.#failureFor(this.outcome === 'failed' ? 'failed' : 'ok');
      done(failure === undefined ? this.#kept.read(wanted, count, bytes) : [], failure);
    };
    this.#take({ batch: undefined, end });
  }

  /** Ends the oldest commit or read under way; later ones end in the same way. */
  answer(outcome: FakeOutcome = this.outcome): void {
    const held = this.#held.shift();
    if (held === undefined) throw new Error('nothing is under way');
    this.outcome = outcome;
    held.end();
  }

  /**
   * What is there after a crash: another journal, which holds what was committed.
   * @param reached how many of the commits and reads under way had reached the disk, though nobody was told
   */
  survivor(reached = 0): FakeJournal {
    const next = new FakeJournal(this.sync);
    next.#kept = this.#kept.copy();
    for (const { batch } of this.#held.slice(0, reached)) if (batch !== undefined) next.#kept.apply(batch);
    return next;
  }

  async close(): Promise<void> {
    // Nothing is held.
  }

  #take(held: Held): void {
    if (this.hold || this.#held.length > 0) this.#held.push(held);
    else held.end();
  }

  #failureFor(outcome: FakeOutcome): JournalFailure | undefined {
    if (outcome === 'failed') this.#failed = true;
    const kind = this.#failed ? 'failed' : outcome;
    return kind === 'ok' ? undefined : { kind, cause: new Error(`the disk says ${kind}`) };
  }
}

/** As all is now: what is lent may change, and be more than is journaled. */
function copy(batch: Batch): Batch {
  return {
    added: batch.added.map(onlyStored),
    moved: batch.moved.map(({ from, stored }) => ({ from, stored: onlyStored(stored) })),
    removed: [...batch.removed],
    delivered: batch.delivered.map(({ seq, attempts, name, until, answered }) => {
      return { seq, attempts, name, until, answered };
    }),
    remembered: batch.remembered.map(({ number, address, id, fingerprint, outcome, forgetAt }) => {
      return { number, address, id, fingerprint, outcome, forgetAt };
    }),
    forgotten: batch.forgotten,
    paused: [...batch.paused],
    resumed: [...batch.resumed],
    moment: batch.moment,
  };
}

function onlyStored({ seq, queue, at, due, ready, attempts, fingerprint, message }: Stored): Stored {
  return { seq, queue, at, due, ready, attempts, fingerprint, message };
}
