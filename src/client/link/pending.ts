import type { Ask } from './ask.js';

/** Buckets there always are; a power of two. */
const FEWEST = 64;

/**
 * Asks by their numbers. A `Map` in which much comes and goes leaves a trail of dead tables, each with all it held, that
 * V8 keeps, once the first is old, until its next full collection.
 */
export class Pending {
  #buckets: (Ask | undefined)[] = new Array(FEWEST).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Undefined: it has no such tag. */
  get(tag: string): Ask | undefined {
    let ask = this.#buckets[this.#index(Number(tag))];
    while (ask !== undefined && ask.tag !== tag) ask = ask.next;
    return ask;
  }

  add(ask: Ask): void {
    if (this.#size === this.#buckets.length) this.#grow();
    this.#size++;
    this.#link(ask);
  }

  /** One that is not in is left as it is. */
  remove(ask: Ask): void {
    const index = this.#index(ask.number);
    let before = this.#buckets[index];
    if (before === ask) {
      this.#buckets[index] = ask.next;
    } else {
      while (before !== undefined && before.next !== ask) before = before.next;
      if (before === undefined) return;
      before.next = ask.next;
    }
    ask.next = undefined;
    this.#size--;
  }

  /** In the order in which they were asked. */
  all(): Ask[] {
    const all: Ask[] = [];
    for (const chain of this.#buckets) for (let ask = chain; ask !== undefined; ask = ask.next) all.push(ask);
    return all.sort((a, b) => a.number - b.number);
  }

  #index(number: number): number {
    return number & (this.#buckets.length - 1);
  }

  #link(ask: Ask): void {
    const index = this.#index(ask.number);
    ask.next = this.#buckets[index];
    this.#buckets[index] = ask;
  }

  #grow(): void {
    const all = this.all();
    this.#buckets = new Array(2 * this.#buckets.length).fill(undefined);
    for (const ask of all) this.#link(ask);
  }
}
