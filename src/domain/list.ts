/** What a list can hold. An item is in one list at most. */
export interface Linked<T> {
  before: T | undefined;
  after: T | undefined;
}

/** A linked list through its own items: adding and removing anywhere is O(1) and allocates nothing. */
export class List<T extends Linked<T>> {
  first: T | undefined = undefined;
  last: T | undefined = undefined;

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
