import { randomFillSync } from 'node:crypto';
import type { Ids } from '../../ports/ids.js';

const BYTES = 16;

/** Random bytes are drawn for this many names at once: drawing costs a microsecond, however few they are. */
const NAMES = 1024;

/** Names from the system's random numbers. No byte is used twice. */
export class RandomIds implements Ids {
  readonly #pool = Buffer.allocUnsafeSlow(NAMES * BYTES);
  #used = NAMES * BYTES;

  unguessable(): string {
    if (this.#used === this.#pool.length) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used = start + BYTES;
    return this.#pool.toString('base64url', start, start + BYTES);
  }
}
