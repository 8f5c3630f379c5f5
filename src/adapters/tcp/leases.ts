import type { Refusal } from '../../domain/errors.js';
import { type Named, Table } from '../../domain/table.js';
import type { Delivery, Exchange, Receiver } from '../../ports/exchange.js';
import { NO_DELIVERY } from './refusals.js';
import type { Unsent } from './writer.js';

/** A delivery that the client has, or will have. */
class Held implements Named<Held> {
  hash = 0;
  next: Held | undefined = undefined;
  /** The lease runs: the bytes have left, or the client has shown that it has them. */
  running = false;

  constructor(
    readonly name: string,
    readonly delivery: Delivery,
    /** Counted by its connection. */
    readonly number: number,
  ) {}
}

/**
 * The leased deliveries of one connection, by their names. A client can answer for a delivery before we hear that its bytes
 * have left, where they left with others in one write: what it says counts, and what we hear then does not.
 */
export class Leases {
  /** Nobody but us chooses the names. */
  readonly #held = new Table<Held>(0, 8);
  #count = 0;

  /** @param claimant hears of leases that run out after the client took them over from before a restart */
  constructor(
    private readonly exchange: Exchange,
    private readonly claimant: Receiver,
  ) {}

  /** It is on its way to the client. */
  add(name: string, delivery: Delivery): void {
    this.#held.add(new Held(name, delivery, ++this.#count));
  }

  /** Its bytes have left. */
  written(name: string): void {
    const held = this.#held.get(name);
    if (held !== undefined) this.#start(held);
  }

  /** `++ @d`. Refused where there is no such delivery, or it belongs to another connection. */
  settle(name: string): Refusal | undefined {
    const held = this.#find(name);
    if (held === undefined) return NO_DELIVERY;
    this.#held.remove(held);
    this.exchange.settle(held.delivery);
    return undefined;
  }

  /** `-- @d [delay]`, in milliseconds. Refused as above. */
  giveBack(name: string, delay: number): Refusal | undefined {
    const held = this.#find(name);
    if (held === undefined) return NO_DELIVERY;
    this.#held.remove(held);
    this.#start(held);
    this.exchange.giveBack(held.delivery, delay);
    return undefined;
  }

  /** `~~ @d secs`, in milliseconds. Refused as above. */
  keep(name: string, lease: number): Refusal | undefined {
    const held = this.#find(name);
    if (held === undefined) return NO_DELIVERY;
    held.running = true;
    this.exchange.keep(held.delivery, lease);
    return undefined;
  }

  /** The lease has run out. */
  forget(name: string): void {
    const held = this.#held.get(name);
    if (held !== undefined) this.#held.remove(held);
  }

  /** The connection is gone: all goes back. What may have left, if only in part, counts as an attempt. */
  giveBackAll({ begun }: Unsent): void {
    for (const { name } of begun) if (name !== undefined) this.written(name);
    for (const { delivery } of this.#takeAll()) this.exchange.giveBack(delivery, 0);
  }

  /** The broker stops: the client may go on with what it has. Only what was never sent goes back. */
  giveBackUnsent({ waiting }: Unsent): void {
    for (const { name } of waiting) {
      const held = name === undefined ? undefined : this.#held.get(name);
      if (held !== undefined && !held.running) this.exchange.giveBack(held.delivery, 0);
    }
    this.#takeAll();
  }

  /** In the order in which they came. */
  #takeAll(): readonly Held[] {
    const all: Held[] = [];
    this.#held.forEach((held) => {
      all.push(held);
    });
    for (const held of all) this.#held.remove(held);
    return all.sort((a, b) => a.number - b.number);
  }

  #find(name: string): Held | undefined {
    const held = this.#held.get(name);
    if (held !== undefined) return held;
    const delivery = this.exchange.claim(name, this.claimant);
    if (delivery === undefined) return undefined;
    const claimed = new Held(name, delivery, ++this.#count);
    claimed.running = true;
    this.#held.add(claimed);
    return claimed;
  }

  #start(held: Held): void {
    if (held.running) return;
    held.running = true;
    this.exchange.keep(held.delivery, held.delivery.lease);
  }
}
