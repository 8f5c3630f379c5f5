/** What a list can hold. An item is in one list at most. */
export interface Linked<T> {
  before: T | undefined;
  after: T | undefined;
}

/** A linked list through its own items: adding and removing anywhere is O(1) and allocates nothing. */
export class List<T extends Linked<T>> {
  first: T | undefined = undefined;
  last: T | undefined = undefined;

  /** How many there are; costs as much as that. */
  get count(): number {
    let count = 0;
    for (let item = this.first; item !== undefined; item = item.after) count++;
    return count;
  }

  get empty(): boolean {
    return this.first === undefined;
  }

  /** Adds at the end. */
  add(item: T): void {
    item.before = this.last;
    if (this.last === undefined) this.first = item;
    else this.last.after = item;
    this.last = item;
  }

  /** Adds at the front. */
  addFirst(item: T): void {
    item.after = this.first;
    if (this.first === undefined) this.last = item;
    else this.first.before = item;
    this.first = item;
  }

  /** The item must be in this list. */
  remove(item: T): void {
    const { before, after } = item;
    if (before === undefined) this.first = after;
    else before.after = after;
    if (after === undefined) this.last = before;
    else after.before = before;
    item.before = undefined;
    item.after = undefined;
  }
}
