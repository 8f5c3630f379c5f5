import type { Outcome, StoredId } from '../ports/journal.js';
import type { KnownId } from './known-id.js';
import { RestoredIds } from './restored-ids.js';

/** Milliseconds for which an id is remembered after its message is finished. */
export const REMEMBERED = 5 * 60_000;

/**
 * The ids of messages that wait or are out, and of those that were finished a while ago. They are bounded, so that a
 * sender's inventiveness costs a known amount of memory: about 250 bytes each.
 */
export class KnownIds {
  readonly #known = new Map<string, KnownId>();
  /** From before a restart. Those of messages that wait move on to the others when they are asked for. */
  readonly #restored: RestoredIds;
  /** Finished ones, in the order in which they are forgotten; after those that were restored. */
  #finished: KnownId[] = [];
  #forgotten = 0;
  #nextNumber = 1;

  /**
   * @param most that are remembered
   * @param seed makes it unforeseeable how they are found
   */
  constructor(
    private readonly most: number,
    seed: number,
  ) {
    this.#restored = new RestoredIds(seed);
  }

  get size(): number {
    return this.#known.size + this.#restored.size;
  }

  get full(): boolean {
    return this.size >= this.most;
  }

  /** When the next one is to be forgotten; Infinity: none. */
  get next(): number {
    return Math.min(this.#restored.next, this.#finished[this.#forgotten]?.forgetAt ?? Number.POSITIVE_INFINITY);
  }

  get(address: string, id: string): KnownId | undefined {
    const known = this.#known.get(key(address, id));
    if (known !== undefined || this.#restored.size === 0) return known;
    const restored = this.#restored.take(address, id);
    if (restored !== undefined && restored.outcome === undefined) this.add(restored);
    return restored;
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

  /** Takes up one whose message waits in the journal; before all that are finished. */
  restoreWaiting(address: string, id: string, fingerprint: number, seq: number): void {
    this.#restored.addWaiting(address, id, fingerprint, seq);
  }

  /** Takes up one that was finished before a restart; in the order of their numbers. */
  restoreFinished(stored: StoredId): void {
    this.#restored.addFinished(stored);
    this.#nextNumber = stored.number + 1;
  }

  /** Forgets the next one, if its time has come, and returns its number; 0: there was none. */
  forget(now: number): number {
    return this.#restored.forget(now) || this.#forgetOwn(now);
  }

  #forgetOwn(now: number): number {
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
