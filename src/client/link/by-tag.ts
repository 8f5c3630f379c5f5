/** Buckets there always are; a power of two. */
const FEWEST = 64;

/** What has a tag that is a number. It is in one table at most. */
export interface Tagged<T> {
  readonly tag: string;
  readonly number: number;
  /** The table's own note. */
  next: T | undefined;
}

/**
 * What waits for answers, by tags. A `Map` in which much comes and goes leaves a trail of dead tables, each with all it
 * held, that V8 keeps, once the first is old, until its next full collection.
 */
export class ByTag<T extends Tagged<T>> {
  #buckets: (T | undefined)[] = new Array(FEWEST).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Undefined: there is none of that tag. */
  get(tag: string): T | undefined {
    let item = this.#buckets[this.#index(Number(tag))];
    while (item !== undefined && item.tag !== tag) item = item.next;
    return item;
  }

  add(item: T): void {
    if (this.#size === this.#buckets.length) this.#grow();
    this.#size++;
    this.#link(item);
  }

  /** One that is not in is left as it is. @returns whether it was in */
  remove(item: T): boolean {
    const index = this.#index(item.number);
    let before = this.#buckets[index];
    if (before === item) {
      this.#buckets[index] = item.next;
    } else {
      while (before !== undefined && before.next !== item) before = before.next;
      if (before === undefined) return false;
      before.next = item.next;
    }
    item.next = undefined;
    this.#size--;
    return true;
  }

  /** In the order of their numbers. */
  all(): T[] {
    const all: T[] = [];
    for (const chain of this.#buckets) for (let item = chain; item !== undefined; item = item.next) all.push(item);
    return all.sort((a, b) => a.number - b.number);
  }

  #index(number: number): number {
    return number & (this.#buckets.length - 1);
  }

  #link(item: T): void {
    const index = this.#index(item.number);
    item.next = this.#buckets[index];
    this.#buckets[index] = item;
  }

  #grow(): void {
    const all = this.all();
    this.#buckets = new Array(2 * this.#buckets.length).fill(undefined);
    for (const item of all) this.#link(item);
  }
}
