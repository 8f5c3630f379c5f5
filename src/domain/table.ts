/** What a table can hold. An item is in one table at most. */
export interface Named<T> {
  readonly name: string;
  /** Noted by the table. */
  hash: number;
  /** The next in its bucket. */
  next: T | undefined;
}

/** Buckets there always are; a power of two. */
const FEWEST = 64;

/**
 * Things by their names. A hash table that grows and shrinks by one bucket at a time (linear hashing, W. Litwin, 1980),
 * so that one more or less never costs a rehash of all. A `Map` does that, and where things come and go it leaves a trail of
 * dead tables, each with all that was in it at its end: once the first is old, V8 keeps them alive until its next full
 * collection. That was a fifth of a web request's CPU.
 */
export class Table<T extends Named<T>> {
  readonly #buckets: (T | undefined)[] = new Array(FEWEST).fill(undefined);
  /** One less than the number of buckets in this round of splitting; a power of two less one. */
  #mask = FEWEST - 1;
  #size = 0;

  /** @param seed makes it unforeseeable which names share a bucket */
  constructor(private readonly seed: number) {}

  get size(): number {
    return this.#size;
  }

  get(name: string): T | undefined {
    const hash = this.#hash(name);
    let item = this.#buckets[this.#index(hash)];
    while (item !== undefined && (item.hash !== hash || item.name !== name)) item = item.next;
    return item;
  }

  /** There must be none of its name. */
  add(item: T): void {
    item.hash = this.#hash(item.name);
    this.#link(item);
    this.#size++;
    if (this.#size > this.#buckets.length) this.#split();
  }

  /** The item must be in here. */
  remove(item: T): void {
    this.#unlink(item);
    this.#size--;
    if (this.#buckets.length > FEWEST && this.#size < this.#buckets.length >> 2) this.#merge();
  }

  /** All, in no order. */
  items(): T[] {
    const all: T[] = [];
    this.forEach((item) => void all.push(item));
    return all;
  }

  /** Calls `visit` with each, in no order. The table must not change meanwhile. */
  forEach(visit: (item: T) => void): void {
    for (const first of this.#buckets) for (let item = first; item !== undefined; item = item.next) visit(item);
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
      const { next } = item;
      this.#link(item);
      item = next;
    }
  }

  /** Mixes each character in as MurmurHash2 does (A. Appleby, public domain), from a seed of our own. */
  #hash(name: string): number {
    let hash = this.seed;
    for (let i = 0; i < name.length; i++) {
      hash = Math.imul(hash ^ name.charCodeAt(i), 0x5bd1e995);
      hash ^= hash >>> 15;
    }
    return hash & 0x3fffffff;
  }
}
