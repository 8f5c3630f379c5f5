/** Messages that may wait; at that, producers wait too. */
const MOST = 100_000;

/** How many messages are on their way. */
export class Backlog {
  #messages = 0;
  #waiting: (() => void)[] = [];

  came(count: number): void {
    this.#messages += count;
  }

  left(count: number): void {
    this.#messages -= count;
    if (this.#waiting.length > 0 && this.#messages < MOST) for (const go of this.#waiting.splice(0)) go();
  }

  /** Calls at once, or when fewer wait. */
  whenLow(go: () => void): void {
    if (this.#messages < MOST) go();
    else this.#waiting.push(go);
  }
}
