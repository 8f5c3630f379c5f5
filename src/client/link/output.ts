import type { Duplex } from 'node:stream';
import { Sink } from '../../sockets/sink.js';

/** Characters that are joined before they are written, at most. */
const PIECE = 64 * 1024;

/** Joins what is said in one turn of the event loop and writes it once: each write is a system call. */
export class Output {
  #text = '';
  #asked = false;
  readonly #sink: Sink;
  readonly #flush = () => this.flush();

  constructor(private readonly stream: Duplex) {
    this.#sink = new Sink(stream);
  }

  /** Bytes that the kernel has not taken yet. */
  get unwritten(): number {
    return this.#text.length + this.stream.writableLength;
  }

  write(text: string): void {
    this.#text += text;
    if (this.#text.length >= PIECE) this.flush();
    else if (!this.#asked) {
      this.#asked = true;
      setImmediate(this.#flush);
    }
  }

  flush(): void {
    this.#asked = false;
    const text = this.#text;
    this.#text = '';
    if (text === '' || !this.stream.writable) return;
    const rest = this.#sink.offer(text);
    if (rest !== '') this.stream.write(rest, 'latin1');
  }
}
