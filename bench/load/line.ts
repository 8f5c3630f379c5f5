import { connect, type Socket } from 'node:net';
import { connectOptions, type Endpoint } from '../machine/endpoint.js';

/**
 * Takes one frame from bytes between `from` and `end`, and returns where the next begins, or -1 if it is not complete.
 * What is beyond `end` is rubbish.
 */
export type TakeFrame = (bytes: Buffer, from: number, end: number) => number;

const CHUNK = 64 * 1024;

/** One connection, made for speed: it reads into one buffer, and writes all that its frames led to at once. */
export class Line {
  readonly #socket: Socket;
  readonly #take: TakeFrame;
  #rest: Buffer | undefined;
  #out = '';
  #reading = false;

  constructor(socket: Socket, take: TakeFrame) {
    this.#socket = socket;
    this.#take = take;
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the connection was closed')));
  }

  /** Connects. */
  static to(at: Endpoint, take: TakeFrame): Line {
    const socket = connect({
      ...connectOptions(at),
      // Bytes come without a stream in between, and into the same buffer again and again.
      onread: {
        buffer: Buffer.allocUnsafe(CHUNK),
        callback: (length, buffer) => {
          line.read(buffer as Buffer, length);
          return true;
        },
      },
    });
    const line = new Line(socket, take);
    return line;
  }

  /** @param text one byte per character */
  write(text: string): void {
    this.#out += text;
    if (!this.#reading) this.#flush();
  }

  /** The same outside of frames; calls back a turn after the system has taken it all. */
  writeOut(text: string, written: () => void): void {
    this.#socket.write(text, 'latin1', () => setImmediate(written));
  }

  /** Bytes have come: they are the first `length` of a buffer. */
  read(chunk: Buffer, length: number): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk.subarray(0, length)]);
    const end = this.#rest === undefined ? length : bytes.length;
    this.#reading = true;
    let from = 0;
    while (from < end) {
      const next = this.#take(bytes, from, end);
      if (next < 0) break;
      from = next;
    }
    this.#reading = false;
    this.#rest = from < end ? Buffer.from(bytes.subarray(from, end)) : undefined;
    this.#flush();
  }

  #flush(): void {
    if (this.#out === '') return;
    this.#socket.write(this.#out, 'latin1');
    this.#out = '';
  }
}

/** Work that fails is no measurement: the process ends, and says why. */
export function fail(error: unknown): never {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

/** For what comes although nobody has asked for it. */
export function unexpected(): never {
  return fail('an answer that nobody asked for');
}
