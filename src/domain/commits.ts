import type { Sender } from '../ports/exchange.js';
import type { Journal, JournalFailure, Moment } from '../ports/journal.js';
import type { Turn } from '../ports/turn.js';
import type { Entry } from './entry.js';
import type { Refusal } from './errors.js';

/** Milliseconds between two tries while the disk is full. */
export const RETRY_PAUSE = 250;

const DISK_FULL: Refusal = { code: 'full', text: 'the disk that holds the journal is full' };
const FAILED: Refusal = { code: 'journal-failed', text: 'the journal failed and the broker is stopping' };

/** A send that waits for its commit. */
interface Pending {
  readonly entry: Entry;
  readonly sender: Sender;
  readonly tag: string;
}

/** What came and what ended since the last commit. */
class Window {
  readonly sends: Pending[] = [];
  readonly removed: number[] = [];

  get empty(): boolean {
    return this.sends.length === 0 && this.removed.length === 0;
  }
}

/** What commits ask of the exchange. */
export interface CommitsOwner {
  moment(): Moment;
  /** Takes a queued message out again, because it can't be kept. */
  discard(entry: Entry): void;
  /** When to call `retry` changed. */
  retryChanged(): void;
  /** Nothing can be promised any more: the broker has to end. */
  journalFailed(cause: Error): void;
}

/**
 * Group commit. What arrives in one turn of the event loop becomes one transaction, and what came and went within
 * it is never written. One commit is under way at a time; what comes meanwhile makes up the next.
 *
 * States: working <-> full (sends are refused, ends of messages gather, a commit is tried now and then) -> failed.
 */
export class Commits {
  #state: 'working' | 'full' | 'failed' = 'working';
  #window = new Window();
  #asked = false;
  #busy = false;
  #retryAt = Number.POSITIVE_INFINITY;
  #drained: (() => void)[] = [];
  readonly #commit = () => this.#begin();

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
    return this.#state === 'full' ? DISK_FULL : FAILED;
  }

  /** The message is to be kept; its sender hears of it after the commit. */
  add(entry: Entry, sender: Sender, tag: string): void {
    entry.kept = 'pending';
    this.#window.sends.push({ entry, sender, tag });
    this.#ask();
  }

  /** The message is over. */
  remove(entry: Entry): void {
    if (entry.kept === 'yes') {
      this.#window.removed.push(entry.seq);
      this.#ask();
    }
    entry.kept = 'no';
  }

  retry(): void {
    this.#retryAt = Number.POSITIVE_INFINITY;
    this.#begin();
  }

  /** Calls `done` when nothing is left to commit, or nothing more can be. */
  drain(done: () => void): void {
    if (this.#state === 'failed') {
      done();
      return;
    }
    this.#drained.push(done);
    if (!this.#busy) this.#begin();
  }

  #ask(): void {
    if (this.#asked || this.#busy || this.#state !== 'working') return;
    this.#asked = true;
    this.turn.commit(this.#commit);
  }

  #begin(): void {
    this.#asked = false;
    if (this.#busy || this.#state === 'failed') return;
    const window = this.#window;
    this.#window = new Window();
    const added: Entry[] = [];
    for (const { entry } of window.sends) {
      if (entry.kept !== 'pending') continue;
      entry.kept = 'yes';
      added.push(entry);
    }
    // On a full disk an empty batch is the probe that tells whether space has come back.
    if (added.length === 0 && window.removed.length === 0 && this.#state === 'working') {
      this.#end(window);
      return;
    }
    this.#busy = true;
    this.journal.commit({ added, removed: window.removed, moment: this.owner.moment() }, (failure) => {
      this.#busy = false;
      this.#end(window, failure);
    });
  }

  #end(window: Window, failure?: JournalFailure): void {
    if (failure?.kind === 'failed') {
      this.#state = 'failed';
      this.owner.journalFailed(failure.cause);
    } else if (failure?.kind === 'full') {
      this.#full(window);
    } else {
      this.#state = 'working';
      for (const { sender, tag } of window.sends) sender.accepted(tag);
    }
    if (this.#state === 'working' && !this.#window.empty) this.#ask();
    else for (const done of this.#drained.splice(0)) done();
  }

  /** Nothing of the window was written: what is queued is refused, the rest goes into the next window. */
  #full(window: Window): void {
    this.#state = 'full';
    this.#retryAt = this.owner.moment().running + RETRY_PAUSE;
    const next = this.#window;
    for (const seq of window.removed) next.removed.push(seq);
    for (const pending of window.sends) {
      const { entry, sender, tag } = pending;
      if (entry.stage === 'out') {
        entry.kept = 'pending';
        next.sends.push(pending);
      } else if (entry.stage === 'queued') {
        entry.kept = 'no';
        this.owner.discard(entry);
        sender.refused(tag, DISK_FULL);
      } else {
        sender.accepted(tag);
      }
    }
    this.owner.retryChanged();
  }
}
