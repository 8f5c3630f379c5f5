import type { Entry } from './entry.js';
import { Heap } from './heap.js';
import { List } from './list.js';
import type { Place } from './receivers.js';
import type { Named } from './table.js';

/**
 * One address's messages in order, and who waits for them.
 *
 *     given back, waiting   |   left to the journal   |   leaving
 *     oldest, in memory         counted only              newest, their commit under way
 *
 * Both messages and receivers wait only while it is paused, while the journal reads, or while receivers are slow.
 */
export class Queue implements Named<Queue> {
  /** Receivers, first come first served. */
  readonly receivers = new List<Place>();
  /** Messages in memory that wait. */
  count = 0;
  /** What they cost in all; see `Entry.cost`. */
  bytes = 0;
  /** Messages left to the journal. */
  cold = 0;
  /** Those are behind this `seq`, and none is behind the other. What else the journal has of the queue is in memory, too. */
  coldAfter = 0;
  coldUpTo = 0;
  /** Deliveries under a lease. */
  leases = 0;
  paused = false;
  /** The journal reads for it; what is to be done after that. Undefined: it doesn't. */
  polls: (() => void)[] | undefined = undefined;

  readonly #taken = new List<Entry>();
  /** Messages that were given back, older than most of the rest; made when first needed. */
  #returned: Heap<Entry> | undefined;
  readonly #leaving = new List<Entry>();

  /** One that was forgotten holds nothing and never will. */
  known = true;
  hash = 0;
  next: Queue | undefined = undefined;

  constructor(readonly name: string) {}

  static readonly of = (name: string) => new Queue(name);

  /** Holding nothing and awaited by nobody: can be forgotten. */
  get idle(): boolean {
    return (
      this.count === 0 &&
      this.receivers.empty &&
      this.cold === 0 &&
      this.leases === 0 &&
      !this.paused &&
      this.polls === undefined
    );
  }

  /** Messages that wait, wherever they are. */
  get waiting(): number {
    return this.count + this.cold;
  }

  /** Whether the next message has to be left to the journal, to stay behind others that are. */
  get isLeaving(): boolean {
    return this.cold > 0 || !this.#leaving.empty;
  }

  /** The oldest of those to be left to the journal. */
  get leavesNext(): Entry | undefined {
    return this.#leaving.first;
  }

  /** The oldest message; undefined also while that is one the journal has. */
  get head(): Entry | undefined {
    const taken = this.#taken.first;
    const returned = this.#returned?.first();
    if (taken !== undefined) return returned !== undefined && returned.rank < taken.rank ? returned : taken;
    if (this.cold === 0) return returned ?? this.#leaving.first;
    return returned !== undefined && returned.rank <= this.coldAfter ? returned : undefined;
  }

  /** Up to so many from the head on, in order, before the first that is not in memory. */
  first(count: number): Entry[] {
    const returned = this.#returned?.items ?? [];
    const found = this.cold === 0 ? returned : returned.filter(({ rank }) => rank <= this.coldAfter);
    const entries = [...found].sort((a, b) => a.rank - b.rank).slice(0, count);
    let next = this.#taken.first;
    for (let n = 0; n < count && next !== undefined; n++, next = next.after) entries.push(next);
    entries.sort((a, b) => a.rank - b.rank);
    next = this.cold > 0 ? undefined : this.#leaving.first;
    for (let n = entries.length; n < count && next !== undefined; n++, next = next.after) entries.push(next);
    return entries.slice(0, count);
  }

  /** Adds a message newer than all others in memory, and not to be left to the journal. */
  append(entry: Entry): void {
    this.#taken.add(entry);
    this.#count(entry, 1);
  }

  /** Adds a message newer than all others, to be left to the journal once that has it. */
  appendLeaving(entry: Entry): void {
    entry.leaving = true;
    this.#leaving.add(entry);
    this.#count(entry, 1);
  }

  /** It stays in memory after all. It is the one that leaves next, and nothing is left to the journal. */
  stay(entry: Entry): void {
    entry.leaving = false;
    this.#leaving.remove(entry);
    this.#taken.add(entry);
  }

  /** Puts a message back into its old place. */
  putBack(entry: Entry): void {
    this.#returned ??= new Heap();
    this.#returned.add(entry);
    this.#count(entry, 1);
  }

  remove(entry: Entry): void {
    if (entry.leaving) this.#leaving.remove(entry);
    else if (entry.place === -1) this.#taken.remove(entry);
    else this.#returned?.remove(entry);
    entry.leaving = false;
    this.#count(entry, -1);
  }

  #count(entry: Entry, sign: 1 | -1): void {
    this.count += sign;
    this.bytes += sign * entry.cost;
  }
}
