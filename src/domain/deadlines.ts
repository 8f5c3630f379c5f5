import { Heap, type Ranked } from './heap.js';

/** Milliseconds by which a deadline may be late. Deadlines that fall within one such span are kept together. */
export const RESOLUTION = 20;

/** Something that has a deadline. */
export interface Timed {
  /** Milliseconds, on the clock of who uses it; Infinity for never. Must not change while in `Deadlines`. */
  readonly due: number;
  /** Noted by `Deadlines`; -1: it is in none. */
  slot: number;
}

/** All that is due in one span of time, in no order. */
export class Span implements Ranked {
  readonly items: Timed[] = [];
  place = -1;

  constructor(readonly rank: number) {}
}

/**
 * Everything that happens when time passes. Adding and removing costs O(log s), s being the number of different
 * spans in which something is due, not the number of things that wait: a million messages of one timeout, sent
 * within a second, are 50 spans.
 */
export class Deadlines<T extends Timed> {
  readonly #spans = new Map<number, Span>();
  readonly #order = new Heap<Span>();
  #empty: Span | undefined;

  /**
   * When to ask `passed` again: it returns nothing before this, nor sooner than a deadline, and each deadline no later
   * than RESOLUTION after it has passed.
   */
  get next(): number {
    const span = this.#order.first();
    return span === undefined ? Number.POSITIVE_INFINITY : span.rank * RESOLUTION;
  }

  /** A deadline of Infinity is not kept, and need not be removed. */
  add(item: T): void {
    if (item.due === Number.POSITIVE_INFINITY) return;
    const rank = rankOf(item);
    let span = this.#spans.get(rank);
    if (span === undefined) {
      span = new Span(rank);
      this.#spans.set(rank, span);
      this.#order.add(span);
    }
    item.slot = span.items.length;
    span.items.push(item);
  }

  /** One that is not in is left as it is. */
  remove(item: T): void {
    const span = item.slot === -1 ? undefined : this.#spans.get(rankOf(item));
    if (span === undefined) return;
    const last = span.items.pop() as Timed;
    if (last !== item) {
      span.items[item.slot] = last;
      last.slot = item.slot;
    }
    item.slot = -1;
    if (span.items.length === 0) this.#emptied(span);
  }

  /** The span emptied last is kept for a while: where one thing waits at a time, the next is likely due in it too. */
  #emptied(span: Span): void {
    const other = this.#empty;
    this.#empty = span;
    if (other !== undefined && other !== span && other.items.length === 0) this.#forget(other);
  }

  #forget(span: Span): void {
    if (span === this.#empty) this.#empty = undefined;
    this.#order.remove(span);
    this.#spans.delete(span.rank);
  }

  /** Removes and returns one whose deadline has passed; undefined when there is none. */
  passed(now: number): T | undefined {
    for (let span = this.#order.first(); span !== undefined; span = this.#order.first()) {
      if (span.rank * RESOLUTION > now) return undefined;
      const item = span.items[span.items.length - 1] as T | undefined;
      if (item !== undefined) {
        this.remove(item);
        return item;
      }
      this.#forget(span);
    }
    return undefined;
  }
}

function rankOf({ due }: Timed): number {
  return Math.ceil(due / RESOLUTION);
}
