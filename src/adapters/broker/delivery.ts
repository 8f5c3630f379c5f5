import type { LinkDelivery } from '../../client/link/delivery.js';
import { Message, STANDARD } from '../../domain/message.js';
import type { Delivery } from '../../ports/exchange.js';

/** Whose receive a delivery came for. */
export interface DeliveryOwner {
  settle(delivery: RemoteDelivery): void;
  giveBack(delivery: RemoteDelivery, delay: number): void;
  keep(delivery: RemoteDelivery, lease: number): void;
}

/** A delivery that came over a socket. Of its sender's options only the id is known. */
export class RemoteDelivery implements Delivery {
  readonly message: Message;
  readonly at: string;
  readonly attempt: number;
  /** It was settled or given back, or its lease is lost. */
  ended = false;
  /** For who keeps those that may come again. */
  due = Number.POSITIVE_INFINITY;

  constructor(
    /** What stands for it on the link; another one after it came again. */
    public link: LinkDelivery,
    readonly name: string | undefined,
    readonly lease: number,
    readonly owner: DeliveryOwner,
  ) {
    link.account = this;
    const { to, sentTo, replyTo, body, timeout, attempt, id } = link.message;
    const options = id === undefined ? STANDARD : { ...STANDARD, id };
    this.message = new Message(sentTo ?? to, replyTo, body, timeout, options);
    this.at = to;
    this.attempt = attempt;
  }
}
