import type { LinkDelivery } from './delivery.js';

/**
 * Deliveries in the order in which they came, linked through themselves: adding and removing costs the same however many
 * there are. It keeps no index by name: that is only asked for where a lease was lost, and of those nearly always of the first.
 */
export class Held {
  #first: LinkDelivery | undefined;
  #last: LinkDelivery | undefined;

  add(delivery: LinkDelivery): void {
    delivery.before = this.#last;
    if (this.#last === undefined) this.#first = delivery;
    else this.#last.after = delivery;
    this.#last = delivery;
  }

  /** One that is not in is left as it is. */
  remove(delivery: LinkDelivery): void {
    const { before, after } = delivery;
    if (before === undefined && this.#first !== delivery) return;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    delivery.before = undefined;
    delivery.after = undefined;
  }

  find(name: string): LinkDelivery | undefined {
    for (const delivery of this) if (delivery.name === name) return delivery;
    return undefined;
  }

  /** The one that was seen last can be removed meanwhile. */
  *[Symbol.iterator](): Generator<LinkDelivery> {
    let next: LinkDelivery | undefined;
    for (let delivery = this.#first; delivery !== undefined; delivery = next) {
      next = delivery.after;
      yield delivery;
    }
  }
}
