import type { Delivery, Receive, Receiver } from '../../ports/exchange.js';

/** Whose receiver it is. */
export interface TaggedReceiverOwner {
  readonly slow: boolean;
  deliver(receiver: TaggedReceiver, delivery: Delivery): void;
  /** Its time ran out, and nothing is under way. */
  expired(receiver: TaggedReceiver): void;
  lapsed(delivery: Delivery): void;
}

/** What stands behind the tag of one `<<`. */
export class TaggedReceiver implements Receiver {
  /** Undefined while the exchange is being asked. */
  receive: Receive | undefined;
  /** It was taken back: when nothing is under way any more, it is over. */
  leaving = false;

  constructor(
    readonly tag: string,
    /** Messages that may still come. */
    public left: number,
    /** It wants only what is there, and need not answer for it. */
    readonly brief: boolean,
    private readonly owner: TaggedReceiverOwner,
  ) {}

  get slow(): boolean {
    return this.owner.slow;
  }

  deliver(delivery: Delivery, receive: Receive): void {
    this.receive = receive;
    this.left--;
    this.owner.deliver(this, delivery);
  }

  expired(receive: Receive): void {
    this.receive = receive;
    this.owner.expired(this);
  }

  lapsed(delivery: Delivery): void {
    this.owner.lapsed(delivery);
  }
}
