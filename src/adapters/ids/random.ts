import { randomFillSync } from 'node:crypto';
import type { Ids } from '../../ports/ids.js';

/** Of each name: 6 bits each, 128 in all and 4 more. */
const LETTERS = 22;

/** Names that are made at once: drawing random bytes costs some microseconds, however few they are. */
const NAMES = 2048;

/** Names from the system's random numbers. No bit is used twice. */
export class RandomIds implements Ids {
  readonly #random = Buffer.allocUnsafeSlow((NAMES * LETTERS * 6) / 8);
  readonly #letters = Buffer.allocUnsafeSlow(NAMES * LETTERS);
  #used = NAMES * LETTERS;

  unguessable(): string {
    if (this.#used === this.#letters.length) {
      randomFillSync(this.#random);
      this.#letters.write(this.#random.toString('base64url'), 'latin1');
      this.#used = 0;
    }
    const start = this.#used;
    this.#used = start + LETTERS;
    // Each a string of its own: a slice of a longer one would keep all of that.
    return this.#letters.toString('latin1', start, start + LETTERS);
  }
}
