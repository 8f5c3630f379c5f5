import type { Ids } from '../../src/ports/ids.js';

/** Names that count: `id-1`, `id-2`, … in front of which a test may put a word of its own. */
export class CountingIds implements Ids {
  #last = 0;

  constructor(private readonly prefix = 'id-') {}

  unguessable(): string {
    this.#last++;
    return `${this.prefix}${this.#last}`;
  }
}
