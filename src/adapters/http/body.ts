import { Problem } from './problem.js';
import type { OpenRequest } from './request.js';

/** Seconds after which a client refused for lack of room may try again. */
export const RETRY_AFTER = 1;

/** The bodies that are being read, each bounded, and all together. */
export class Bodies {
  #bytes = 0;

  /** Of one body, and of all. */
  constructor(
    readonly most: number,
    private readonly mostInAll: number,
  ) {}

  /** Bytes read so far, of all. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether there is room for so many bytes; if so they are counted until they are given back. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.mostInAll) return false;
    this.#bytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }

  tooLong(): Problem {
    return new Problem(413, `the body of a request may have at most ${this.most} bytes`);
  }
}

/**
 * Reads the whole body of a request.
 * @param done gets it, bytes as Latin-1, unless the request is over before
 */
export function readBody(open: OpenRequest, bodies: Bodies, done: (open: OpenRequest, body: string) => void): void {
  let chunks: Buffer[] = [];
  let size = 0;
  const { request } = open;
  const drop = () => {
    bodies.giveBack(size);
    chunks = [];
    size = 0;
  };
  request.on('data', (chunk: Buffer) => {
    // Of a request that was refused, what still comes is read and forgotten.
    if (!open.reading) {
      drop();
    } else if (size + chunk.length > bodies.most) {
      drop();
      open.fail(bodies.tooLong());
    } else if (!bodies.take(chunk.length)) {
      drop();
      open.fail(new Problem(503, 'too many requests are being read', RETRY_AFTER));
    } else {
      size += chunk.length;
      chunks.push(chunk);
    }
  });
  request.on('end', () => {
    const all = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
    drop();
    if (open.reading) done(open, all.toString('latin1'));
  });
  request.on('close', drop);
}
