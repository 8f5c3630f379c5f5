import type { Journal, JournalFailure, Moment } from '../ports/journal.js';
import type { Turn } from '../ports/turn.js';
import type { Entry } from './entry.js';
import type { Refusal } from './errors.js';
import type { KnownId } from './known-id.js';
import { type Waits, Window } from './window.js';

/** Milliseconds between two tries while the disk is full. */
export const RETRY_PAUSE = 250;

/**
 * Bytes of messages that may change during a commit, as limits count them: past that, what comes comes faster than it can be
 * written, and would fill the memory.
 */
export const MOST_GATHERED = 2 * 1024 * 1024;

export const DISK_FULL: Refusal = { code: 'full', text: 'the disk that holds the journal is full' };
const FAILED: Refusal = { code: 'journal-failed', text: 'the journal failed and the broker is stopping' };

/** What commits ask of the exchange. */
export interface CommitsOwner {
  moment(): Moment;
  /** When to call `retry` changed. */
  retryChanged(): void;
  /** Nothing can be promised any more: the broker has to end. */
  journalFailed(cause: Error): void;
}

/**
 * Group commit. What changes in one turn of the event loop becomes one transaction, and what came and went within
 * it is never written. One commit is under way at a time; what changes meanwhile makes up the next.
 *
 *     working <-> no room <-> full        any -> failed
 *
 * `no room`: new messages are refused, everything else is written. `full`: nothing can be, and is tried now and then.
 */
export class Commits {
  #state: 'working' | 'no room' | 'full' | 'failed' = 'working';
  #window = new Window();
  #asked = false;
  #busy = false;
  #retryAt = Number.POSITIVE_INFINITY;
  #drained: (() => void)[] = [];
  /** Who is heard no further until the commit under way has ended. */
  #behind: (() => void)[] = [];
  readonly #commit = () => this.#begin(this.#state === 'working');

  constructor(
    private readonly journal: Journal,
    private readonly turn: Turn,
    private readonly owner: CommitsOwner,
  ) {}

  /** When a commit is to be tried again, in running time; Infinity while all is well. */
  get retryAt(): number {
    return this.#retryAt;
  }

  /** Why no message can be kept just now. */
  get refusal(): Refusal | undefined {
    if (this.#state === 'working') return undefined;
    return this.#state === 'failed' ? FAILED : DISK_FULL;
  }

  /** What the journal has to know of the message has changed. */
  touch(entry: Entry): void {
    this.#window.gather(entry);
    this.#ask();
  }

  /** So has what it knows of its deliveries. */
  touchDelivery(entry: Entry): void {
    entry.redelivered = true;
    this.touch(entry);
  }

  /** A message that is not in memory is over. */
  removeCold(seq: number): void {
    this.#window.removed.push(seq);
    this.#ask();
  }

  finished(known: KnownId): void {
    this.#window.finished.push(known);
    this.#ask();
  }

  forgotten(number: number): void {
    this.#window.forgotten = number;
    this.#ask();
  }

  pause(address: string, paused: boolean): void {
    this.#window.pauses.set(address, paused);
    this.#ask();
  }

  /** It hears of the commit of what was changed so far. */
  await(waits: Waits): void {
    this.#window.waits.push(waits);
    this.#ask();
  }

  retry(): void {
    this.#retryAt = Number.POSITIVE_INFINITY;
    // The one that fails of two would hide how the other would have done.
    this.#begin(this.#state !== 'full' || !this.#window.hasDeferred);
  }

  /** Calls `done` once all that was changed so far is on disk; never, if the journal fails. */
  flush(done: () => void): void {
    if (!this.#busy && this.#window.empty) {
      done();
      return;
    }
    this.await({
      committed: () => {
        // On a full disk, new messages that are out already are kept back.
        if (this.#window.hasDeferred) return false;
        done();
        return true;
      },
      postponed: () => true,
    });
  }

  /** Calls `done` when nothing is left to commit, or nothing more can be. */
  drain(done: () => void): void {
    if (this.#state === 'failed') {
      done();
      return;
    }
    this.#drained.push(done);
    if (!this.#busy) this.#begin(this.#state === 'working');
  }

  /** @see Exchange.isBehind */
  isBehind(caughtUp: () => void): boolean {
    if (!this.#busy || this.#window.bytes <= MOST_GATHERED) return false;
    this.#behind.push(caughtUp);
    return true;
  }

  #ask(): void {
    if (this.#asked || this.#busy || this.#state === 'full' || this.#state === 'failed') return;
    this.#asked = true;
    this.turn.commit(this.#commit);
  }

  /** @param adds whether new messages are written, too */
  #begin(adds: boolean): void {
    this.#asked = false;
    if (this.#busy || this.#state === 'failed') return;
    const window = this.#window;
    this.#window = new Window();
    const batch = window.batch(adds, this.#window, () => this.owner.moment());
    // On a full disk an empty batch is the probe that tells whether space has come back.
    if (batch === undefined && this.#state === 'working') {
      this.#end(window, adds);
      return;
    }
    this.#busy = true;
    this.journal.commit(batch ?? window.emptyBatch(this.owner.moment()), (failure) => {
      this.#busy = false;
      this.#end(window, adds, failure);
    });
  }

  #end(window: Window, adds: boolean, failure?: JournalFailure): void {
    if (failure?.kind === 'failed') {
      this.#state = 'failed';
      this.owner.journalFailed(failure.cause);
    } else if (failure?.kind === 'full') {
      this.#full(window, adds);
    } else {
      this.#succeeded(window, adds);
    }
    const stuck = this.#state === 'full' || this.#state === 'failed';
    if (this.#drained.length > 0 && (stuck || !this.#window.due)) {
      for (const done of this.#drained.splice(0)) done();
    } else if (this.#window.due) {
      this.#ask();
    }
    for (const caughtUp of this.#behind.splice(0)) caughtUp();
  }

  #succeeded(window: Window, adds: boolean): void {
    if (adds) this.#state = 'working';
    else if (this.#state === 'full') this.#state = 'no room';
    if (this.#state !== 'working') this.#retryLater();
    for (const known of window.finished) known.kept = true;
    const held = window.waits.filter((waits) => !waits.committed());
    if (held.length > 0) this.#window.hold(held);
  }

  /** Nothing of the window was written: what would be new is refused, the rest goes into the next window. */
  #full(window: Window, adds: boolean): void {
    const hadNew = window.hasNew;
    this.#state = adds && hadNew ? 'no room' : 'full';
    const next = this.#window;
    this.#window = window.undone();
    for (const waits of window.waits) if (waits.postponed()) this.#window.waits.push(waits);
    this.#window.prune();
    this.#window.join(next);
    this.#retryLater();
  }

  #retryLater(): void {
    this.#retryAt = this.owner.moment().running + RETRY_PAUSE;
    this.owner.retryChanged();
  }
}
