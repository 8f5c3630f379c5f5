import type { LinkRefusal } from './link/ask.js';
import type { LinkDelivery } from './link/delivery.js';
import type { Link } from './link/link.js';
import type { LinkReceive, ReceiveListener, Wanted } from './link/receive.js';
import { errorOf } from './refusal.js';

/** A promise of one message, without a lease. */
export class Ready implements ReceiveListener {
  readonly promise: Promise<LinkDelivery | undefined>;
  #resolve: (delivery: LinkDelivery | undefined) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  #reason: unknown;
  readonly #receive: LinkReceive;

  constructor(
    private readonly link: Link,
    wanted: Wanted,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#receive = link.receive(wanted, this);
  }

  /** Fails with `reason`, unless a message is on its way. */
  leave(reason: unknown): void {
    this.#reason = reason;
    this.link.withdraw(this.#receive);
  }

  deliver(delivery: LinkDelivery): void {
    this.#resolve(delivery);
  }

  expired(): void {
    this.#resolve(undefined);
  }

  withdrawn(): void {
    this.#reject(this.#reason);
  }

  refused(_receive: LinkReceive, refusal: LinkRefusal): void {
    this.#reject(errorOf(refusal));
  }

  lapsed(): void {
    // It has no lease.
  }

  tooLate(): void {
    // It has no lease.
  }
}
