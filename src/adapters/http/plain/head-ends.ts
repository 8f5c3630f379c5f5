import type { Clock } from '../../../ports/clock.js';
import type { Ends } from './response.js';

const CLOSE = 'Connection: close\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

/** What the proxy adds to the heads of responses, made once in a second. */
export class HeadEnds implements Ends {
  readonly #kept: string;
  #date = '';
  #second = Number.NaN;
  /** For the most frequent of them, up to now in this second. */
  #usual = '';

  /** @param keepAlive milliseconds for which an idle connection is kept */
  constructor(
    private readonly clock: Clock,
    keepAlive: number,
  ) {
    this.#kept = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAlive / 1000)}\r\n`;
  }

  end(dated: boolean, last: boolean, chunked: boolean): string {
    const second = Math.floor(this.clock.wall() / 1000);
    if (second !== this.#second) this.#begin(second);
    if (!dated && !last && !chunked) return this.#usual;
    return `${dated ? '' : this.#date}${last ? CLOSE : this.#kept}${chunked ? CHUNKED : ''}\r\n`;
  }

  #begin(second: number): void {
    this.#second = second;
    this.#date = `Date: ${new Date(second * 1000).toUTCString()}\r\n`;
    this.#usual = `${this.#date}${this.#kept}\r\n`;
  }
}
