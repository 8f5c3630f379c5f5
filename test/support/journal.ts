import type { Batch, Journal, JournalFailure, Moment, Stored } from '../../src/ports/journal.js';

/** What one commit asked for, copied: a batch's arrays are only lent. */
export interface Recorded {
  readonly added: readonly number[];
  readonly removed: readonly number[];
  readonly moment: Moment;
}

/** Keeps in memory what a real journal keeps on disk, and answers when and how the test says. */
export class FakeJournal implements Journal {
  /** Every batch asked for, kept or not. */
  readonly batches: Recorded[] = [];
  /** What would come back after a restart. */
  readonly kept = new Map<number, Stored>();
  /** How commits end from now on. */
  outcome: 'ok' | 'full' | 'failed' = 'ok';
  /** While true commits stay under way until `answer`. */
  hold = false;

  #last: Moment | undefined;
  #held: (() => void)[] = [];

  constructor(readonly sync: 'normal' | 'full' = 'full') {}

  /** Commits under way. */
  get underWay(): number {
    return this.#held.length;
  }

  restore(visit: (stored: Stored) => void): Moment | undefined {
    for (const seq of [...this.kept.keys()].sort((a, b) => a - b)) visit(this.kept.get(seq) as Stored);
    return this.#last;
  }

  commit(batch: Batch, done: (failure?: JournalFailure) => void): void {
    const recorded = { added: batch.added.map(({ seq }) => seq), removed: [...batch.removed], moment: batch.moment };
    this.batches.push(recorded);
    const stored = batch.added.map(({ seq, due, message }) => ({ seq, due, message }));
    const end = () => {
      if (this.outcome !== 'ok') {
        done({ kind: this.outcome, cause: new Error(`the disk says ${this.outcome}`) });
        return;
      }
      for (const item of stored) this.kept.set(item.seq, item);
      for (const seq of recorded.removed) this.kept.delete(seq);
      this.#last = recorded.moment;
      done();
    };
    if (this.hold) this.#held.push(end);
    else end();
  }

  /** Ends the oldest commit under way. */
  answer(outcome: 'ok' | 'full' | 'failed' = this.outcome): void {
    const end = this.#held.shift();
    if (end === undefined) throw new Error('no commit is under way');
    this.outcome = outcome;
    end();
  }

  async close(): Promise<void> {
    // Nothing is held.
  }
}
