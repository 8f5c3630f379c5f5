import { hashOf } from './hash.js';

/** Buckets there always are, unless fewer are asked for; a power of two. */
const FEWEST = 64;

/** What a table can hold. An item is in one table at most. */
export interface Named<T> {
  readonly name: string;
  /** The table's own notes. */
  hash: number;
  next: T | undefined;
}

/**
 * Items by name. A hash table that grows and shrinks by one bucket at a time (linear hashing, W. Litwin, 1980), so
 * that no item more or less ever costs a rehash of all. A `Map` does that, and each time it leaves a dead table that
 * points to the next and still holds all it held: once the first is old, V8 keeps the whole trail, and whatever was in
 * it, until its next full collection. Where things come and go quickly, that was a fifth of the CPU.
 */
export class Table<T extends Named<T>> {
  readonly #buckets: (T | undefined)[];
  /** One less than the number of buckets in this round of splitting; a power of two less one. */
  #mask: number;
  #size = 0;

  /**
   * @param seed makes it unforeseeable which names share a bucket
   * @param fewest buckets; a power of two
   */
  constructor(
    private readonly seed: number,
    private readonly fewest = FEWEST,
  ) {
    this.#buckets = new Array(fewest).fill(undefined);
    this.#mask = fewest - 1;
  }

  get size(): number {
    return this.#size;
  }

  get(name: string): T | undefined {
    return this.#find(name, hashOf(name, this.seed));
  }

  /** The item of that name; if there is none, the one that is made, of that name. */
  need(name: string, make: (name: string) => T): T {
    const hash = hashOf(name, this.seed);
    return this.#find(name, hash) ?? this.#add(make(name), hash);
  }

  /** There must be none of that name. */
  add(item: T): void {
    this.#add(item, hashOf(item.name, this.seed));
  }

  /** The item must be in here. */
  remove(item: T): void {
    this.#unlink(item);
    this.#size--;
    if (this.#buckets.length > this.fewest && this.#size < this.#buckets.length >> 2) this.#merge();
  }

  /** All, in no order. */
  items(): T[] {
    const all: T[] = [];
    this.forEach((item) => {
      all.push(item);
    });
    return all;
  }

  /** Calls `visit` with each, in no order. */
  forEach(visit: (item: T) => void): void {
    for (const chain of this.#buckets) {
      let item = chain;
      while (item !== undefined) {
        const { next }: Named<T> = item;
        visit(item);
        item = next;
      }
    }
  }

  #find(name: string, hash: number): T | undefined {
    let item = this.#buckets[this.#index(hash)];
    while (item !== undefined && (item.hash !== hash || item.name !== name)) item = item.next;
    return item;
  }

  #add(item: T, hash: number): T {
    item.hash = hash;
    this.#link(item);
    this.#size++;
    if (this.#size > this.#buckets.length) this.#split();
    return item;
  }

  #link(item: T): void {
    const index = this.#index(item.hash);
    item.next = this.#buckets[index];
    this.#buckets[index] = item;
  }

  #unlink(item: T): void {
    const index = this.#index(item.hash);
    let before = this.#buckets[index];
    if (before === item) {
      this.#buckets[index] = item.next;
    } else {
      while (before !== undefined && before.next !== item) before = before.next;
      if (before !== undefined) before.next = item.next;
    }
    item.next = undefined;
  }

  /** Buckets that were split in this round are told apart by one more bit. */
  #index(hash: number): number {
    const index = hash & this.#mask;
    const split = this.#buckets.length - this.#mask - 1;
    return index < split ? hash & (2 * this.#mask + 1) : index;
  }

  /** Divides the next bucket in turn between itself and a new one. */
  #split(): void {
    const index = this.#buckets.length - this.#mask - 1;
    const chain = this.#buckets[index];
    this.#buckets[index] = undefined;
    this.#buckets.push(undefined);
    this.#relink(chain);
    if (this.#buckets.length === 2 * (this.#mask + 1)) this.#mask = 2 * this.#mask + 1;
  }

  /** The reverse of `#split`. */
  #merge(): void {
    if (this.#buckets.length === this.#mask + 1) this.#mask >>= 1;
    this.#relink(this.#buckets.pop());
  }

  /** Puts a bucket's items to where they belong by now. */
  #relink(chain: T | undefined): void {
    let item = chain;
    while (item !== undefined) {
      const { next }: Named<T> = item;
      this.#link(item);
      item = next;
    }
  }
}
