/** What a heap can hold: something with a rank, and room to note where in the heap it is. */
export interface Ranked {
  /** Lowest first. Must not change while in a heap. */
  readonly rank: number;
  /** The heap's own note; -1 while in none. */
  place: number;
}

/** A binary heap that can also remove from its middle. Everything costs O(log n) at most. */
export class Heap<T extends Ranked> {
  readonly #items: T[] = [];

  /** All of them, the first one first, the rest in no order. */
  get items(): readonly T[] {
    return this.#items;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The one with the lowest rank. */
  first(): T | undefined {
    return this.#items[0];
  }

  add(item: T): void {
    this.#items.push(item);
    this.#up(item, this.#items.length - 1);
  }

  /** The item must be in this heap. */
  remove(item: T): void {
    const { place } = item;
    const last = this.#items.pop() as T;
    item.place = -1;
    if (last === item) return;
    this.#up(last, place);
    this.#down(last, last.place);
  }

  #up(item: T, from: number): void {
    const items = this.#items;
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = items[above] as T;
      if (parent.rank <= item.rank) break;
      items[place] = parent;
      parent.place = place;
      place = above;
    }
    items[place] = item;
    item.place = place;
  }

  #down(item: T, from: number): void {
    const items = this.#items;
    let place = from;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && (items[below + 1] as T).rank < (items[below] as T).rank) below++;
      const child = items[below] as T;
      if (item.rank <= child.rank) break;
      items[place] = child;
      child.place = place;
      place = below;
    }
    items[place] = item;
    item.place = place;
  }
}
