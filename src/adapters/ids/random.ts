import { randomFillSync } from 'node:crypto';
import type { Ids } from '../../ports/ids.js';

/** Of each name, behind its prefix: 6 bits each, 128 in all and 4 more. */
const LETTERS = 22;

/** Names that are made at once: drawing random bytes costs some microseconds, however few they are. */
const NAMES = 1024;

/** Names of one prefix. */
class Names {
  readonly #text: Buffer;
  readonly #length: number;
  #used: number;

  constructor(private readonly prefix: string) {
    this.#length = prefix.length + LETTERS;
    this.#text = Buffer.allocUnsafeSlow(NAMES * this.#length);
    this.#used = this.#text.length;
  }

  /** Each is a string of its own, and in one piece: a slice of a longer one would keep all of that, and what is joined is copied when it is hashed. */
  next(): string {
    if (this.#used === this.#text.length) this.#draw();
    const start = this.#used;
    this.#used = start + this.#length;
    return this.#text.toString('latin1', start, this.#used);
  }

  #draw(): void {
    const letters = randomFillSync(Buffer.allocUnsafe((NAMES * LETTERS * 6) / 8)).toString('base64url');
    let text = '';
    for (let i = 0; i < letters.length; i += LETTERS) text += this.prefix + letters.slice(i, i + LETTERS);
    this.#text.write(text, 'latin1');
    this.#used = 0;
  }
}

/** Names from the system's random numbers. No bit is used twice. */
export class RandomIds implements Ids {
  readonly #names = new Map<string, Names>();

  unguessable(prefix: string): string {
    let names = this.#names.get(prefix);
    if (names === undefined) {
      names = new Names(prefix);
      this.#names.set(prefix, names);
    }
    return names.next();
  }
}
