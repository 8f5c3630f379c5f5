import type { Batch, Journal, JournalFailure, Moment, Restoring, Stored, Wanted } from '../../../ports/journal.js';
import { type Answer, revived } from './calls.js';
import { packBatch, unpackMessages } from './handover.js';
import { tell } from './telling.js';
import { Thread } from './thread.js';

/**
 * Keeps queued messages in an SQLite database that is this broker's alone. The database is used by a thread of its own:
 * a disk that takes a second for a sync holds up the commit, and not the event loop.
 */
export class SqliteJournal implements Journal {
  readonly #thread: Thread;
  /** After it, nothing succeeds. */
  #failure: JournalFailure | undefined;
  #closed: Promise<void> | undefined;

  /** @throws JournalError if the file can't be used; then it is as it was */
  constructor(
    file: string,
    readonly sync: 'normal' | 'full',
  ) {
    this.#thread = new Thread(file, sync, (answer) => this.#failureOf(answer));
    if (this.#failure !== undefined) throw this.#failure.cause;
  }

  /** May find damage in a file that is too large to be checked at opening; after that, nothing succeeds. */
  restore(restoring: Restoring): { moment: Moment; lastSeq: number } | undefined {
    let last: Answer['last'];
    const troubles: unknown[] = [];
    this.#thread.call({ to: 'restore' }, undefined, (answer) => {
      const failure = this.#failureOf(answer);
      try {
        if (failure !== undefined) throw failure.cause;
        if (answer.told !== undefined && troubles.length === 0) tell(answer.told, restoring);
      } catch (error) {
        // What follows of this answer is still to be taken.
        troubles.push(error);
      }
      last = answer.last;
    });
    this.#thread.await();
    if (troubles.length > 0) throw troubles[0];
    return last;
  }

  commit(lent: Batch, done: (failure?: JournalFailure) => void): void {
    const batch = packBatch(lent);
    this.#thread.call({ to: 'commit', batch }, batch, (answer) => done(this.#failureOf(answer)));
  }

  read(wanted: Wanted, count: number, bytes: number, done: (found: Stored[], failure?: JournalFailure) => void): void {
    this.#thread.call({ to: 'read', wanted, count, bytes }, undefined, (answer) => {
      done(answer.found ? unpackMessages(answer.found) : [], this.#failureOf(answer));
    });
  }

  /** @throws JournalError if what was committed can't be brought to rest: it may not be on the disk */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const failure = await new Promise<JournalFailure | undefined>((resolve) => {
      this.#thread.call({ to: 'close' }, undefined, ({ failure }) => resolve(failure && revived(failure)));
    });
    await this.#thread.gone();
    if (failure !== undefined && this.#failure === undefined) throw failure.cause;
  }

  /** The first after which nothing may be promised stays the one. */
  #failureOf({ failure }: Answer): JournalFailure | undefined {
    if (failure === undefined) return undefined;
    if (this.#failure !== undefined) return this.#failure;
    const revival = revived(failure);
    if (revival.kind === 'failed') this.#failure = revival;
    return revival;
  }
}
