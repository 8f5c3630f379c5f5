import type { LinkRefusal } from '../../client/link/ask.js';
import type { LinkDelivery } from '../../client/link/delivery.js';
import type { Link } from '../../client/link/link.js';
import type { LinkReceive, ReceiveListener } from '../../client/link/receive.js';
import type { Receive, Receiver, Wanted } from '../../ports/exchange.js';
import { type DeliveryOwner, RemoteDelivery } from './delivery.js';

/** Hears of a receive that the broker refused: there is no way to tell its receiver. */
export type Refused = (addresses: readonly string[], refusal: LinkRefusal) => void;

/** One receive over the link. */
export class RemoteReceive implements Receive, ReceiveListener, DeliveryOwner {
  readonly #receive: LinkReceive;

  constructor(
    protected readonly link: Link,
    wanted: Wanted,
    protected readonly receiver: Receiver,
    private readonly refusals: Refused,
  ) {
    this.#receive = link.receive(wanted, this);
  }

  get waiting(): boolean {
    return this.#receive.state === 'waiting';
  }

  /** Nobody tells how many; but after a withdrawal some may come until it is confirmed. */
  get underWay(): number {
    return this.#receive.state === 'leaving' ? 1 : 0;
  }

  withdraw(): void {
    this.link.withdraw(this.#receive);
  }

  deliver(delivery: LinkDelivery): void {
    const remote = new RemoteDelivery(delivery, delivery.name, delivery.lease, this);
    this.receiver.deliver(remote, this);
  }

  expired(): void {
    this.receiver.expired(this);
  }

  withdrawn(): void {
    // Who withdrew knows.
  }

  refused(receive: LinkReceive, refusal: LinkRefusal): void {
    this.refusals(receive.wanted.addresses, refusal);
    this.receiver.expired(this);
  }

  lapsed(delivery: LinkDelivery): void {
    const remote = delivery.account as RemoteDelivery;
    remote.ended = true;
    this.receiver.lapsed(remote);
  }

  tooLate(): void {
    // It comes again, with a higher attempt.
  }

  /** Without a lease it was finished when it came. */
  settle(remote: RemoteDelivery): void {
    if (this.#ends(remote)) this.link.done(remote.link);
  }

  giveBack(remote: RemoteDelivery, delay: number): void {
    if (this.#ends(remote)) this.link.giveBack(remote.link, delay);
  }

  keep({ link, name, ended }: RemoteDelivery, lease: number): void {
    if (name !== undefined && !ended) this.link.keep(link, lease);
  }

  #ends(remote: RemoteDelivery): boolean {
    if (remote.name === undefined || remote.ended) return false;
    remote.ended = true;
    return true;
  }
}
