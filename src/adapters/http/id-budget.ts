/** Milliseconds: where the last reply is older than this, or its request had waited longer for it, requests wait in the queue. */
const SLOW = 1000;
/** Milliseconds in which a stock that was used up is full again: for so long the broker remembers an id that is of no use any more. */
const REFILL = 5 * 60_000;
/** Ids for requests that are likely taken at once: at most, and each second. */
const FEW = 1000;
const FEW_PER_SECOND = 20;

/** So many at most, and so many more in each millisecond. */
class Stock {
  #left: number;
  #at = 0;

  constructor(
    private readonly most: number,
    private readonly rate: number,
  ) {
    this.#left = most;
  }

  take(now: number): boolean {
    this.#left = Math.min(this.most, this.#left + (now - this.#at) * this.rate);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

/**
 * Decides which requests are sent with an id. Only those can be recalled from their queue, but the broker keeps an id for
 * five minutes longer than its message, and as many as it may of all senders together; and a request that a handler is
 * ready for costs 7 us of CPU more, and with a journal a commit. So all have one while there are few, and otherwise those
 * that will have to wait.
 */
export class IdBudget {
  readonly #slow: Stock;
  readonly #few = new Stock(FEW, FEW_PER_SECOND / 1000);
  #repliedAt = Number.NEGATIVE_INFINITY;
  #waited = 0;

  /** @param most ids at once; in any five minutes it is twice as many at most */
  constructor(most: number) {
    this.#slow = new Stock(most, most / REFILL);
  }

  /** A reply has begun, for which its request had waited so many milliseconds. */
  replied(now: number, waited: number): void {
    this.#repliedAt = now;
    this.#waited = waited;
  }

  /** Whether the next request gets an id. */
  take(now: number): boolean {
    const slow = now - this.#repliedAt > SLOW || this.#waited > SLOW;
    return slow ? this.#slow.take(now) : this.#few.take(now);
  }
}
