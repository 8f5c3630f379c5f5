import type { Batch, Journal, JournalFailure, Restoring, Stored, Wanted } from '../../../ports/journal.js';

/** The ephemeral mode: a broker without a journal. What is queued is in memory and nowhere else. */
export class MemoryJournal implements Journal {
  readonly sync = 'off';

  restore(_restoring: Restoring): undefined {
    return undefined;
  }

  commit(_batch: Batch, done: (failure?: JournalFailure) => void): void {
    done();
  }

  read(_wanted: Wanted, _count: number, _bytes: number, done: (found: readonly Stored[]) => void): void {
    done([]);
  }

  async close(): Promise<void> {
    // Nothing is held.
  }
}
