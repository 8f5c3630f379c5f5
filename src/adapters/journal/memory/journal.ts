import type { Batch, Journal, JournalFailure, Moment, Stored } from '../../../ports/journal.js';

/** The ephemeral mode: a broker without a journal. What is queued is in memory and nowhere else. */
export class MemoryJournal implements Journal {
  readonly sync = 'off';

  restore(_visit: (stored: Stored) => void): Moment | undefined {
    return undefined;
  }

  commit(_batch: Batch, done: (failure?: JournalFailure) => void): void {
    done();
  }

  async close(): Promise<void> {
    // Nothing is held.
  }
}
