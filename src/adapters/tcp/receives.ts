import type { Refusal } from '../../domain/errors.js';
import type { Delivery, Exchange } from '../../ports/exchange.js';
import type { Turn } from '../../ports/turn.js';
import type { TaggedReceive } from '../../protocol/tagged/commands.js';
import { TaggedReceiver, type TaggedReceiverOwner } from './tagged-receiver.js';
import type { Tags } from './tags.js';

/** Whose receives they are. */
export interface ReceivesOwner {
  /** The client does not read what it got. */
  readonly slow: boolean;
  /** A message for the client. */
  hand(tag: string, delivery: Delivery): void;
  /** The receive is over without a last message. Not said after `part`. */
  over(tag: string): void;
  /** A lease has run out. */
  lapsed(delivery: Delivery): void;
  /** After `part`: the last receive is over. */
  allOver(): void;
}

/**
 * The receives of one connection.
 *
 *     open -> parting -> closed
 *     open -> closed
 */
export class Receives implements TaggedReceiverOwner {
  #state: 'open' | 'parting' | 'closed' = 'open';
  /** What came for a client that can't answer for it any more: to be given back, not within the exchange's call. */
  readonly #tooLate: Delivery[] = [];
  /** Those taken back to which something was under way still. */
  #leaving: TaggedReceiver[] = [];
  #asked = false;
  readonly #resume = () => this.#settleUp();
  /** Hears of leases that the client took over from before a restart of the broker. */
  readonly claimant = new TaggedReceiver('', 0, true, this);

  constructor(
    private readonly exchange: Exchange,
    private readonly turn: Turn,
    private readonly tags: Tags,
    private readonly owner: ReceivesOwner,
  ) {}

  get none(): boolean {
    return this.tags.receiving === 0;
  }

  get slow(): boolean {
    return this.owner.slow;
  }

  /** Why its tag can't be used, or undefined: then it is under way. */
  start({ tag, addresses, timeout, count, lease }: TaggedReceive): Refusal | undefined {
    const receiver = new TaggedReceiver(tag, count, timeout === 0 && lease === 0, this);
    const refusal = this.tags.take(tag, receiver);
    if (refusal === undefined) {
      receiver.receive = this.exchange.receive({ addresses, timeout, count, lease }, receiver);
    }
    return refusal;
  }

  /**
   * A tag that no receive has any more is not answered: the last message or `**` has crossed this command, and the client may
   * have used the tag for something else by now, which an answer would be taken for.
   */
  takeBack(tag: string): void {
    const receiver = this.tags.receiver(tag);
    if (receiver !== undefined) this.#withdraw(receiver);
  }

  /** The client reads again. */
  wake(): void {
    for (const { receive } of this.tags.receivers) {
      if (this.slow) return;
      if (receive?.waiting) this.exchange.wake(receive);
    }
  }

  /** The client says no more. What it wants that is there comes soon; the rest is taken back. */
  part(): void {
    this.#state = 'parting';
    for (const receiver of this.tags.receivers) if (!receiver.brief) this.#withdraw(receiver);
  }

  /** The client hears no more. */
  close(): void {
    this.#state = 'closed';
    for (const receiver of this.tags.receivers) this.#withdraw(receiver);
  }

  // What receivers say

  deliver(receiver: TaggedReceiver, delivery: Delivery): void {
    const { tag, left, leaving } = receiver;
    if (left === 0) this.tags.free(tag);
    if (leaving || this.#state !== 'open') this.#ask();
    if (this.#canTake(delivery)) this.owner.hand(tag, delivery);
    else this.#tooLate.push(delivery);
  }

  expired(receiver: TaggedReceiver): void {
    this.#over(receiver);
  }

  lapsed(delivery: Delivery): void {
    this.owner.lapsed(delivery);
  }

  /** Who is parting can't say `++` any more. */
  #canTake({ name }: Delivery): boolean {
    return this.#state === 'open' || (this.#state === 'parting' && name === undefined);
  }

  #withdraw(receiver: TaggedReceiver): void {
    const { receive, leaving } = receiver;
    if (receive === undefined || leaving) return;
    receiver.leaving = true;
    this.exchange.withdraw(receive);
    if (receive.underWay === 0) return this.#over(receiver);
    this.#leaving.push(receiver);
    // What is under way may come to nothing, of which nobody tells.
    this.exchange.flush(() => this.#ask());
  }

  /** Nothing will come any more. */
  #over(receiver: TaggedReceiver): void {
    this.tags.free(receiver.tag);
    if (this.#state === 'open') this.owner.over(receiver.tag);
    else this.#ask();
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.turn.resume(this.#resume);
  }

  /** What could not be done within calls of the exchange. */
  #settleUp(): void {
    this.#asked = false;
    for (const delivery of this.#tooLate.splice(0)) this.exchange.giveBack(delivery, 0);
    if (this.#leaving.length > 0) this.#leaving = this.#leaving.filter((receiver) => this.#isExpectant(receiver));
    if (this.#state === 'parting' && this.none) this.owner.allOver();
  }

  /** Whether something is under way to one that was taken back. With the last of it, it is over. */
  #isExpectant(receiver: TaggedReceiver): boolean {
    if (receiver.left === 0) return false;
    if (receiver.receive?.underWay !== 0) return true;
    this.#over(receiver);
    return false;
  }
}
