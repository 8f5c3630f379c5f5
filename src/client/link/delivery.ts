import type { TaggedMessage } from '../../protocol/tagged/answers.js';
import type { Timed } from '../timeouts.js';

/** Who hears of a leased delivery after it came. */
export interface DeliveryListener {
  /** The lease is lost, and the message goes to somebody else, or comes again. */
  lapsed(delivery: LinkDelivery): void;
  /**
   * It was finished or given back too late: the lease had been lost. Or, where its end was `repeated`, perhaps not: the broker
   * can have heard of that before the connection was lost.
   */
  tooLate(delivery: LinkDelivery): void;
  /** The broker knows how it ended. */
  confirmed?(delivery: LinkDelivery): void;
}

/** A message that came. Until `done` or `giveBack`, it is ours, if it is leased. */
export class LinkDelivery implements Timed {
  /** For who extends leases. */
  due = Number.POSITIVE_INFINITY;
  /** How it ended, and for `back` after how many milliseconds it may come again; undefined: it is still ours. */
  end: { readonly how: 'done' } | { readonly how: 'back'; readonly delay: number } | undefined;
  /** The lease is lost. */
  lost = false;
  /** The end was said on an earlier connection already. */
  repeated = false;

  constructor(
    readonly message: TaggedMessage,
    /** With its `@`; undefined: there is no lease. */
    readonly name: string | undefined,
    /** Milliseconds; 0: there is no lease. */
    public lease: number,
    readonly listener: DeliveryListener,
  ) {}
}
