import type { Refusal } from '../../domain/errors.js';
import type { Delivery, Exchange, Receiver } from '../../ports/exchange.js';
import { NO_DELIVERY } from './refusals.js';
import type { Unsent } from './writer.js';

/**
 * The leased deliveries of one connection, by their names. A client can answer for a delivery before we hear that its bytes
 * have left, where they left with others in one write: what it says counts, and what we hear then does not.
 */
export class Leases {
  readonly #held = new Map<string, Delivery>();
  /** Those that the client has extended: they run, even if we have yet to hear that their bytes have left. */
  readonly #kept = new Set<string>();

  /** @param claimant hears of leases that run out after the client took them over from before a restart */
  constructor(
    private readonly exchange: Exchange,
    private readonly claimant: Receiver,
  ) {}

  /** It is on its way to the client. */
  add(name: string, delivery: Delivery): void {
    this.#held.set(name, delivery);
  }

  /** Its bytes have left: the lease runs, unless the client has shown before that it has them. */
  written(name: string): void {
    const delivery = this.#held.get(name);
    if (delivery !== undefined && !this.#kept.has(name)) this.exchange.keep(delivery, delivery.lease);
  }

  /** `++ @d`. Refused where there is no such delivery, or it belongs to another connection. */
  settle(name: string): Refusal | undefined {
    const delivery = this.#find(name);
    if (delivery === undefined) return NO_DELIVERY;
    this.forget(name);
    this.exchange.settle(delivery);
    return undefined;
  }

  /** `-- @d [delay]`, in milliseconds. Refused as above. */
  giveBack(name: string, delay: number): Refusal | undefined {
    const delivery = this.#find(name);
    if (delivery === undefined) return NO_DELIVERY;
    this.forget(name);
    // If we have not heard that it has left: the client has it.
    this.exchange.keep(delivery, delivery.lease);
    this.exchange.giveBack(delivery, delay);
    return undefined;
  }

  /** `~~ @d secs`, in milliseconds. Refused as above. */
  keep(name: string, lease: number): Refusal | undefined {
    const delivery = this.#find(name);
    if (delivery === undefined) return NO_DELIVERY;
    this.#kept.add(name);
    this.exchange.keep(delivery, lease);
    return undefined;
  }

  /** The lease has run out. */
  forget(name: string): void {
    this.#held.delete(name);
    if (this.#kept.size > 0) this.#kept.delete(name);
  }

  /** The connection is gone: all goes back. What may have left, if only in part, counts as an attempt. */
  giveBackAll({ begun }: Unsent): void {
    for (const { name } of begun) if (name !== undefined) this.written(name);
    for (const delivery of this.#held.values()) this.exchange.giveBack(delivery, 0);
    this.#clear();
  }

  /** The broker stops: the client may go on with what it has. Only what was never sent goes back. */
  giveBackUnsent({ waiting }: Unsent): void {
    for (const { name } of waiting) {
      const delivery = name === undefined || this.#kept.has(name) ? undefined : this.#held.get(name);
      if (delivery !== undefined) this.exchange.giveBack(delivery, 0);
    }
    this.#clear();
  }

  #clear(): void {
    this.#held.clear();
    this.#kept.clear();
  }

  #find(name: string): Delivery | undefined {
    const held = this.#held.get(name);
    if (held !== undefined) return held;
    const delivery = this.exchange.claim(name, this.claimant);
    if (delivery === undefined) return undefined;
    this.#held.set(name, delivery);
    return delivery;
  }
}
