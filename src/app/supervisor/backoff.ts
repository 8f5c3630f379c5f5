/** Milliseconds before the first new start, at most. */
const FIRST = 100;
/** Milliseconds beyond which pauses do not grow. */
const LONGEST = 10_000;
/** Where 2 ** n has long passed LONGEST; kept from growing to infinity. */
const MOST_DOUBLINGS = 20;

/** How long to wait before something that has failed is tried again: each time about twice as long. */
export class Backoff {
  #failures = 0;

  /** @param random from 0 to less than 1, so that what has failed together does not come back together */
  constructor(private readonly random: () => number) {}

  /** Milliseconds, between half of the pause and all of it. */
  next(): number {
    const pause = Math.min(LONGEST, FIRST * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, MOST_DOUBLINGS);
    return Math.round((pause * (1 + this.random())) / 2);
  }

  /** It has worked for a while. */
  reset(): void {
    this.#failures = 0;
  }
}
