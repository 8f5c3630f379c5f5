/** Ids at once, and each second. In five minutes, as long as a broker remembers them, that is a tenth of what it may. */
const MOST = 10_000;
const PER_SECOND = 300;

/**
 * Ids for messages that their senders gave none. Only what has one can be sent again after a lost connection, but ids cost
 * the broker time and memory, and it remembers a bounded number of them: so all messages get one while there are few.
 */
export class IdStock {
  #left = MOST;
  #at = 0;
  #count = 0;

  /** @param prefix unique among all who send to the broker */
  constructor(private readonly prefix: string) {}

  /** @param now milliseconds, monotonic */
  take(now: number): string | undefined {
    this.#left = Math.min(MOST, this.#left + ((now - this.#at) * PER_SECOND) / 1000);
    this.#at = now;
    if (this.#left < 1) return undefined;
    this.#left--;
    return this.prefix + this.#count++;
  }
}
