/** What can stand in a line. It is in one at most. */
export interface InLine<T> {
  /** The line's own notes. */
  before: T | undefined;
  after: T | undefined;
}

/** Things in the order in which they came, linked through themselves: adding and removing costs the same however many there are. */
export class Line<T extends InLine<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(item: T): void {
    item.before = this.#last;
    if (this.#last === undefined) this.#first = item;
    else this.#last.after = item;
    this.#last = item;
    this.#size++;
  }

  /** One that is not in is left as it is. */
  remove(item: T): void {
    const { before, after } = item;
    if (before === undefined && this.#first !== item) return;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    item.before = undefined;
    item.after = undefined;
    this.#size--;
  }

  /** The one that was seen last can be removed meanwhile. */
  *[Symbol.iterator](): Generator<T> {
    let next: T | undefined;
    for (let item = this.#first; item !== undefined; item = next) {
      next = item.after;
      yield item;
    }
  }
}
