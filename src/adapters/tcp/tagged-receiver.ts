import type { Delivery, Receive, Receiver } from '../../ports/exchange.js';

/** Whose receiver it is. */
export interface TaggedReceiverOwner {
  readonly slow: boolean;
  deliver(receiver: TaggedReceiver, delivery: Delivery): void;
  /** Nothing but what is under way will come. */
  over(receiver: TaggedReceiver): void;
  lapsed(delivery: Delivery): void;
}

/** What stands behind the tag of one `<<`. */
export class TaggedReceiver implements Receiver {
  /** Undefined while the exchange is being asked. */
  receive: Receive | undefined;
  /** Its time ran out, or it was taken back: when nothing is under way any more, the client is told. */
  leaving = false;

  constructor(
    readonly tag: string,
    /** Messages that may still come. */
    public left: number,
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
    this.owner.over(this);
  }

  lapsed(delivery: Delivery): void {
    this.owner.lapsed(delivery);
  }
}
