import type { Ids } from '../../src/ports/ids.js';

/** Names that count: `id-1`, `id-2`, … for which a test may have a word of its own. */
export class CountingIds implements Ids {
  #last = 0;

  constructor(private readonly word = 'id-') {}

  unguessable(prefix: string): string {
    this.#last++;
    return `${prefix}${this.word}${this.#last}`;
  }
}
