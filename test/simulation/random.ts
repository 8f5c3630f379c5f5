/** Chance that can be had again: the same seed gives the same numbers (mulberry32, T. Ettinger, public domain). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** 0 or more, less than 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 on, below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** Whether something of this probability happens. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of these; there must be one. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  /** One of these; undefined where there is none. */
  any<T>(choices: readonly T[]): T | undefined {
    return choices[this.below(choices.length)];
  }
}

/** A seed for one step of a run, so that a step draws the same whatever steps before it were left out. */
export function stepSeed(seed: number, step: number): number {
  return Math.imul(seed ^ Math.imul(step + 1, 0x9e3779b1), 0x85ebca6b) ^ (seed >>> 13);
}
