import { Timeouts } from '../timeouts.js';
import type { Timing } from '../timing.js';
import type { LinkDelivery } from './delivery.js';
import type { Link } from './link.js';

/** Extends leases for as long as somebody works: two may go astray before one is lost. */
export class Keeper {
  readonly #timeouts: Timeouts<LinkDelivery>;

  constructor(
    private readonly link: Link,
    private readonly timing: Timing,
  ) {
    this.#timeouts = new Timeouts(timing, (delivery) => this.#extend(delivery));
  }

  /** From now on. */
  add(delivery: LinkDelivery): void {
    delivery.due = this.timing.now() + delivery.lease / 3;
    this.#timeouts.add(delivery);
  }

  remove(delivery: LinkDelivery): void {
    this.#timeouts.remove(delivery);
  }

  clear(): void {
    this.#timeouts.clear();
  }

  #extend(delivery: LinkDelivery): void {
    if (delivery.lost || delivery.end !== undefined) return;
    this.link.keep(delivery, delivery.lease);
    this.add(delivery);
  }
}
