/** How long to wait between attempts to connect, in milliseconds. */
export interface BackoffOptions {
  /** Bound of the first pause. */
  readonly min: number;
  /** Bound of the longest. */
  readonly max: number;
  /** 0 to 1: the part of each pause that chance decides. 1: anything from nothing to the bound. */
  readonly jitter: number;
}

/** Pauses whose bound doubles with each attempt that failed. Chance spreads the clients of a broker that comes back. */
export class Backoff {
  #failed = 0;

  /** @param random 0 or more, less than 1 */
  constructor(
    private readonly options: BackoffOptions,
    private readonly random: () => number,
  ) {}

  /** Milliseconds until the next attempt. */
  next(): number {
    const { min, max, jitter } = this.options;
    const bound = Math.min(max, min * 2 ** Math.min(this.#failed, 30));
    this.#failed++;
    return bound * (1 - jitter * this.random());
  }

  /** It went well. */
  reset(): void {
    this.#failed = 0;
  }
}
