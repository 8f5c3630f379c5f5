import { Duplex } from 'node:stream';

/**
 * The broker's end of a connection without a socket; the test holds the other end. What is written can be taken at
 * once, as a kernel with room takes it, or be left lying until the client reads.
 */
export class FakeSocket extends Duplex {
  /** Every write the broker made. */
  readonly writes: string[] = [];
  /** What the client has read. */
  received = '';
  /** Bytes the kernel still takes without the client reading. */
  room = Number.POSITIVE_INFINITY;
  #left: { readonly text: string; readonly done: (error?: Error | null) => void } | undefined;

  constructor() {
    super({ allowHalfOpen: true, decodeStrings: false });
  }

  /** The client reads so many bytes. */
  read_(bytes: number): void {
    this.room += bytes;
    const left = this.#left;
    if (left === undefined || left.text.length > this.room) return;
    this.#left = undefined;
    this.room -= left.text.length;
    this.received += left.text;
    left.done();
  }

  /** The connection breaks. */
  break(): void {
    this.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  }

  override _read(): void {
    // Bytes are given to the session directly, as `accept` does.
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.writes.push(chunk);
    if (chunk.length <= this.room) {
      this.room -= chunk.length;
      this.received += chunk;
      done();
    } else {
      this.#left = { text: chunk, done };
    }
  }
}
