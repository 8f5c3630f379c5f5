import type { Receive, Receiver } from '../ports/exchange.js';
import type { Span, Timed } from './deadlines.js';
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

/** Who waits, on up to 8 addresses. It stands in every line and leaves all of them at once. */
export class Waiter implements Receive, Timed {
  /** True while it stands in its lines. */
  waiting = false;
  span: Span | undefined = undefined;
  slot = 0;
  readonly places: Place[] = [];

  constructor(
    readonly receiver: Receiver,
    /** Messages it still takes. */
    public wants: number,
    readonly due: number,
  ) {}

  /** Takes its place at the end of each line. */
  lineUp(): void {
    this.waiting = true;
    for (const place of this.places) place.queue.receivers.add(place);
  }

  leave(): void {
    this.waiting = false;
    for (const place of this.places) place.queue.receivers.remove(place);
  }
}
