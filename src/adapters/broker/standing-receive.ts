import type { LinkRefusal } from '../../client/link/ask.js';
import type { LinkDelivery } from '../../client/link/delivery.js';
import { Keeper } from '../../client/link/keeper.js';
import type { Link } from '../../client/link/link.js';
import type { LinkReceive, ReceiveListener } from '../../client/link/receive.js';
import { Timeouts } from '../../client/timeouts.js';
import type { Timing } from '../../client/timing.js';
import type { Receive, Receiver, Wanted } from '../../ports/exchange.js';
import { type DeliveryOwner, RemoteDelivery } from './delivery.js';
import type { Refused } from './receive.js';

/** Milliseconds; extended while a delivery is out. */
const LEASE = 30_000;
/** Milliseconds after which what was finished, and perhaps not by the broker's account, does not come again. */
const FORGOTTEN = 3 * LEASE;

/** Whether all that comes to one's own mailboxes is wanted for good. */
export function isStanding({ addresses, timeout, count, lease }: Wanted): boolean {
  const forEver = timeout === Number.POSITIVE_INFINITY && count === Number.POSITIVE_INFINITY && lease === 0;
  return forEver && addresses.every((address) => address.startsWith('~'));
}

/**
 * A receive on mailboxes that are nobody else's, for as long as the process lives. Its receiver wants no lease, but
 * there is one all the same, extended until the delivery is settled: so a message is not finished for its sender before it
 * is for the receiver, and with a journal nothing is lost with a connection. What then comes again is told from what is new, and goes on in the place of what it was.
 */
export class StandingReceive implements Receive, ReceiveListener, DeliveryOwner {
  readonly #receive: LinkReceive;
  readonly #keeper: Keeper;
  /** Those whose lease was lost, so that they come again: by the address they are at, in the order in which they came. */
  readonly #lost = new Map<string, RemoteDelivery[]>();
  readonly #forgotten: Timeouts<RemoteDelivery>;

  constructor(
    private readonly link: Link,
    private readonly timing: Timing,
    { addresses, timeout, count }: Wanted,
    private readonly receiver: Receiver,
    private readonly refusals: Refused,
  ) {
    this.#keeper = new Keeper(link, timing);
    this.#forgotten = new Timeouts(timing, (remote) => this.#forget(remote));
    this.#receive = link.receive({ addresses, timeout, count, lease: LEASE }, this);
  }

  get waiting(): boolean {
    return this.#receive.state === 'waiting';
  }

  get underWay(): number {
    return this.#receive.state === 'leaving' ? 1 : 0;
  }

  withdraw(): void {
    this.link.withdraw(this.#receive);
  }

  deliver(delivery: LinkDelivery): void {
    const known = delivery.message.attempt > 1 ? this.#find(delivery) : undefined;
    if (known !== undefined) {
      this.#resume(known, delivery);
      return;
    }
    const remote = new RemoteDelivery(delivery, undefined, 0, this);
    this.receiver.deliver(remote, this);
    // Most are settled within that call.
    if (delivery.name !== undefined && !remote.ended) this.#keeper.add(delivery);
  }

  expired(): void {
    // It waits for ever.
  }

  withdrawn(): void {
    this.#keeper.clear();
    this.#forgotten.clear();
  }

  refused(receive: LinkReceive, refusal: LinkRefusal): void {
    this.withdrawn();
    this.refusals(receive.wanted.addresses, refusal);
  }

  /** It comes again. Its receiver has it, and need not know. */
  lapsed(delivery: LinkDelivery): void {
    this.#keeper.remove(delivery);
    this.#remember(delivery.account as RemoteDelivery);
  }

  /** One that was given back comes again, to be told again. */
  tooLate(delivery: LinkDelivery): void {
    if (delivery.end?.how !== 'done') return;
    const remote = delivery.account as RemoteDelivery;
    this.#remember(remote);
    this.#mayComeAgain(remote);
  }

  settle(remote: RemoteDelivery): void {
    if (remote.ended) return;
    remote.ended = true;
    this.#keeper.remove(remote.link);
    if (remote.link.lost) this.#mayComeAgain(remote);
    else if (remote.link.name !== undefined) this.link.done(remote.link);
  }

  giveBack(remote: RemoteDelivery, delay: number): void {
    if (remote.ended) return;
    remote.ended = true;
    this.#keeper.remove(remote.link);
    // It is to come again, and to be told again.
    this.#forget(remote);
    this.link.giveBack(remote.link, delay);
  }

  keep(): void {
    // That is done anyway.
  }

  #remember(remote: RemoteDelivery): void {
    const others = this.#lost.get(remote.at);
    if (others === undefined) this.#lost.set(remote.at, [remote]);
    else others.push(remote);
  }

  #forget(remote: RemoteDelivery): void {
    const all = this.#lost.get(remote.at) ?? [];
    const index = all.indexOf(remote);
    if (index < 0) return;
    if (all.length === 1) this.#lost.delete(remote.at);
    else all.splice(index, 1);
    this.#forgotten.remove(remote);
  }

  /** Which of those that were lost this is: they come in their old order, so the first that fits. */
  #find({ message: { to, id, replyTo, body } }: LinkDelivery): RemoteDelivery | undefined {
    return this.#lost
      .get(to)
      ?.find(({ message }) => id === message.options.id && replyTo === message.replyTo && body === message.body);
  }

  /** It is the same message: what was to become of it becomes of it now. */
  #resume(remote: RemoteDelivery, delivery: LinkDelivery): void {
    this.#forget(remote);
    remote.due = Number.POSITIVE_INFINITY;
    remote.link = delivery;
    delivery.account = remote;
    if (remote.ended) this.link.done(delivery);
    else this.#keeper.add(delivery);
  }

  #mayComeAgain(remote: RemoteDelivery): void {
    remote.due = this.timing.now() + FORGOTTEN;
    this.#forgotten.add(remote);
  }
}
