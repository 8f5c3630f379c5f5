import type { Receive, Receiver } from '../ports/exchange.js';
import type { Timed } from './deadlines.js';
import type { Linked } from './list.js';
import type { Queue } from './queue.js';

/** A receiver's place in one queue's line. */
export class Place implements Linked<Place> {
  before: Place | undefined = undefined;
  after: Place | undefined = undefined;

  constructor(
    readonly waiter: Waiter,
    readonly queue: Queue,
  ) {}
}

/** Bytes, as limits count them, that may wait for the journal on their way to one receive. */
const MOST_UNDER_WAY = 256 * 1024;

/**
 * Who waits, on up to 8 addresses. It stands in every line and leaves all of them at once.
 *
 *     new -> lined up <-> aside -> over        `aside`: it can't take more just now, and was passed over
 *     new -> over: there was enough already
 */
export class Waiter implements Receive, Timed {
  state: 'new' | 'lined up' | 'aside' | 'over' = 'new';
  /** Deliveries that wait for the journal. */
  underWay = 0;
  /** What those cost. */
  bytesUnderWay = 0;
  /** Why it is over, unless it has all it wanted. That its time ran out its receiver hears when nothing is under way. */
  ending: 'expired' | 'withdrawn' | undefined = undefined;
  slot = -1;
  /** In the line of each of its addresses; none before it has stood in line. */
  places: Place[] = [];

  constructor(
    readonly receiver: Receiver,
    readonly addresses: readonly string[],
    /** Messages it still takes. */
    public wants: number,
    readonly due: number,
    /** Milliseconds for which it leases what it gets; 0: it doesn't. */
    readonly lease: number,
    /** It wants only what is there. */
    readonly isBrief: boolean,
  ) {}

  /** Whether it can take another message: its receiver reads what it gets, and not too much is under way. */
  get isAble(): boolean {
    return !this.receiver.slow && this.bytesUnderWay <= MOST_UNDER_WAY;
  }

  get waiting(): boolean {
    return this.state === 'lined up' || this.state === 'aside';
  }

  /** Takes its place at the end of each line. */
  lineUp(): void {
    this.state = 'lined up';
    for (const place of this.places) place.queue.receivers.add(place);
  }

  /** Takes its place at the head of each line again. */
  lineUpFirst(): void {
    this.state = 'lined up';
    for (const place of this.places) place.queue.receivers.addFirst(place);
  }

  /** Leaves its lines, if it stands in them. */
  leave(next: 'aside' | 'over'): void {
    if (this.state === 'lined up') for (const place of this.places) place.queue.receivers.remove(place);
    this.state = next;
  }

  /** Goes to the end of each line. */
  requeue(): void {
    for (const place of this.places) {
      place.queue.receivers.remove(place);
      place.queue.receivers.add(place);
    }
  }
}
