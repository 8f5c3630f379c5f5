import type { TaggedMessage } from '../../protocol/tagged/answers.js';
import type { Timed } from '../timeouts.js';
import type { InLine } from './line.js';

/** Who hears of a leased delivery after it came. */
export interface DeliveryListener {
  /** The lease is lost, and the message goes to somebody else, or comes again. */
  lapsed(delivery: LinkDelivery): void;
  /**
   * It was finished or given back too late: the lease had been lost. Or, where its end was `repeated`, perhaps not: the broker
   * can have heard of that before the connection was lost.
   */
  tooLate(delivery: LinkDelivery): void;
}

/** How a delivery ended, and for `back` after how many milliseconds it may come again. */
export type End = { readonly how: 'done' } | { readonly how: 'back'; readonly delay: number };

/** A message that came. Until `done` or `giveBack`, it is ours, if it is leased. */
export class LinkDelivery implements Timed, InLine<LinkDelivery> {
  /** For who extends leases. */
  due = Number.POSITIVE_INFINITY;
  /** Undefined: it is still ours. */
  end: End | undefined = undefined;
  /** The lease is lost. */
  lost = false;
  /** The end was said on an earlier connection already. */
  repeated = false;
  before: LinkDelivery | undefined = undefined;
  after: LinkDelivery | undefined = undefined;
  /** For its listener, who alone knows what it is. */
  account: unknown = undefined;

  constructor(
    readonly message: TaggedMessage,
    /** With its `@`; undefined: there is no lease. */
    readonly name: string | undefined,
    /** Milliseconds; 0: there is no lease. */
    public lease: number,
    readonly listener: DeliveryListener,
  ) {}
}
