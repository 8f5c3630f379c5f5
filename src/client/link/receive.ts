import type { Timed } from '../timeouts.js';
import type { LinkRefusal } from './ask.js';
import type { Tagged } from './by-tag.js';
import type { DeliveryListener, LinkDelivery } from './delivery.js';
import type { InLine } from './line.js';

/** What a receive asks for. */
export interface Wanted {
  /** 1 to 8; strings of one byte per character. */
  readonly addresses: readonly string[];
  /** Milliseconds for the whole. 0: only what is there already. Infinity: for ever. */
  readonly timeout: number;
  /** How many messages: 1 or more, or Infinity. */
  readonly count: number;
  /** Milliseconds; 0: no lease. */
  readonly lease: number;
}

/** Who receives. After the last message, or one of `expired`, `withdrawn` and `refused`, nothing more comes. */
export interface ReceiveListener extends DeliveryListener {
  deliver(delivery: LinkDelivery, receive: LinkReceive): void;
  expired(receive: LinkReceive): void;
  withdrawn(receive: LinkReceive): void;
  refused(receive: LinkReceive, refusal: LinkRefusal): void;
}

/**
 * A receive, whatever becomes of connections meanwhile.
 *
 *     waiting -> over                it has its messages, its time ran out, it was refused
 *     waiting -> leaving -> over     it was withdrawn; what is on its way still comes
 */
export class LinkReceive implements Timed, Tagged<LinkReceive>, InLine<LinkReceive> {
  state: 'waiting' | 'leaving' | 'over' = 'waiting';
  /** When its time runs out. */
  readonly due: number;
  /** Messages that may still come. */
  left: number;
  /** Its tag on the connection that is there; 0: it has none. */
  number = 0;
  tag = '';
  next: LinkReceive | undefined = undefined;
  before: LinkReceive | undefined = undefined;
  after: LinkReceive | undefined = undefined;
  /** Messages that may still come under that tag. */
  leftOfTag = 0;

  constructor(
    readonly wanted: Wanted,
    readonly listener: ReceiveListener,
    now: number,
  ) {
    this.left = wanted.count;
    this.due = now + wanted.timeout;
  }
}
