import type { Outcome, StoredId } from '../ports/journal.js';
import type { Entry } from './entry.js';
import type { Receipt } from './receipt.js';

/** Milliseconds for which an id is remembered after its message is finished. */
export const REMEMBERED = 5 * 60_000;

/** A sender's id for a message, and what became of that. */
export class KnownId {
  /** Undefined while the message waits or is out. */
  outcome: Outcome | undefined = undefined;
  number = 0;
  forgetAt = Number.POSITIVE_INFINITY;
  /** The message, where it is in memory. */
  entry: Entry | undefined = undefined;
  /** That it is finished is on disk. */
  kept = false;
  /** Those who sent it again before its first sender had a receipt; they get the same one. Undefined: that is past. */
  followers: Receipt[] | undefined = undefined;

  constructor(
    readonly address: string,
    readonly id: string,
    readonly fingerprint: number,
    /** Its message's name in the journal. */
    public seq: number,
  ) {}

  /** For the journal, once it is finished. */
  stored(): StoredId {
    const { number, address, id, fingerprint, forgetAt } = this;
    return { number, address, id, fingerprint, outcome: this.outcome ?? 'done', forgetAt };
  }
}

/**
 * The ids of messages that wait or are out, and of those that were finished a while ago. They are bounded, so that a
 * sender's inventiveness costs a known amount of memory: about 250 bytes each.
 */
export class KnownIds {
  readonly #known = new Map<string, KnownId>();
  /** Finished ones, in the order in which they are forgotten. */
  #finished: KnownId[] = [];
  #forgotten = 0;
  #nextNumber = 1;

  /** @param most that are remembered */
  constructor(private readonly most: number) {}

  get size(): number {
    return this.#known.size;
  }

  get full(): boolean {
    return this.#known.size >= this.most;
  }

  /** When the next one is to be forgotten; Infinity: none. */
  get next(): number {
    return this.#finished[this.#forgotten]?.forgetAt ?? Number.POSITIVE_INFINITY;
  }

  get(address: string, id: string): KnownId | undefined {
    return this.#known.get(key(address, id));
  }

  add(known: KnownId): void {
    this.#known.set(key(known.address, known.id), known);
  }

  /** As if it had never been. */
  remove(known: KnownId): void {
    this.#known.delete(key(known.address, known.id));
  }

  /** Its message is finished. */
  finish(known: KnownId, outcome: Outcome, now: number): void {
    known.outcome = outcome;
    known.entry = undefined;
    known.number = this.#nextNumber++;
    known.forgetAt = now + REMEMBERED;
    this.#finished.push(known);
  }

  /** Takes up one that was finished before a restart; in the order of their numbers. */
  restore({ number, address, id, fingerprint, outcome, forgetAt }: StoredId): void {
    const known = new KnownId(address, id, fingerprint, 0);
    known.outcome = outcome;
    known.number = number;
    known.forgetAt = forgetAt;
    this.#nextNumber = number + 1;
    this.add(known);
    this.#finished.push(known);
  }

  /** Forgets the next one, if its time has come, and returns its number; 0: there was none. */
  forget(now: number): number {
    const known = this.#finished[this.#forgotten];
    if (known === undefined || known.forgetAt > now) return 0;
    this.#forgotten++;
    if (this.#forgotten > 1024 && 2 * this.#forgotten > this.#finished.length) {
      this.#finished = this.#finished.slice(this.#forgotten);
      this.#forgotten = 0;
    }
    this.remove(known);
    return known.number;
  }
}

function key(address: string, id: string): string {
  return `${address} ${id}`;
}
