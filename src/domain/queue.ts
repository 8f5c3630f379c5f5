import type { Entry } from './entry.js';
import { Heap } from './heap.js';
import { List } from './list.js';
import type { Place } from './receivers.js';

/**
 * One address's messages in order, and who waits for them. Messages wait only while no receiver does: so that one
 * of the two is always empty.
 */
export class Queue {
  /** Receivers, first come first served. */
  readonly receivers = new List<Place>();
  /** Messages waiting. */
  count = 0;
  /** What they cost in all; see `Entry.cost`. */
  bytes = 0;

  readonly #taken = new List<Entry>();
  /** Messages that were given back, older than most of the rest; made when first needed. */
  #returned: Heap<Entry> | undefined;

  /** The next in its bucket of `Queues`. */
  next: Queue | undefined = undefined;

  constructor(
    readonly name: string,
    readonly hash: number,
  ) {}

  /** Holding nothing and awaited by nobody: can be forgotten. */
  get idle(): boolean {
    return this.count === 0 && this.receivers.empty;
  }

  /** The oldest message. */
  get head(): Entry | undefined {
    const taken = this.#taken.first;
    const returned = this.#returned?.first();
    if (returned === undefined) return taken;
    return taken === undefined || returned.rank < taken.rank ? returned : taken;
  }

  /** Adds a message newer than all others. */
  append(entry: Entry): void {
    this.#taken.add(entry);
    this.#count(entry, 1);
  }

  /** Puts a message back into its old place. */
  putBack(entry: Entry): void {
    this.#returned ??= new Heap();
    this.#returned.add(entry);
    this.#count(entry, 1);
  }

  remove(entry: Entry): void {
    if (entry.place === -1) this.#taken.remove(entry);
    else this.#returned?.remove(entry);
    this.#count(entry, -1);
  }

  #count(entry: Entry, sign: 1 | -1): void {
    this.count += sign;
    this.bytes += sign * entry.cost;
  }
}
