import type { AnswerHead } from '../answer.js';
import { Chunks } from './chunks.js';
import { type Framing, readHead } from './response-head.js';

/** What is new: the head, if it is, bytes of the body, and whether that was all. */
export interface Part {
  readonly head: AnswerHead | undefined;
  readonly body: Buffer;
  readonly end: boolean;
}

const NOTHING = Buffer.alloc(0);

/** Reads the response to one request out of what node:http writes to its connection. */
export class ResponseReader {
  /** Of the head that is not complete. */
  #begun: Buffer = NOTHING;
  #framing: Framing | undefined;
  #left = 0;
  readonly #chunks = new Chunks();
  #over = false;

  constructor(private readonly method: string) {}

  /** @throws Error: it is no response */
  read(bytes: Buffer): Part {
    let rest = bytes;
    let head: AnswerHead | undefined;
    while (this.#framing === undefined) {
      const all = this.#begun.length === 0 ? rest : Buffer.concat([this.#begun, rest]);
      const end = all.indexOf('\r\n\r\n');
      this.#begun = end === -1 ? all : NOTHING;
      if (end === -1) return { head: undefined, body: NOTHING, end: false };
      const written = readHead(all.toString('latin1', 0, end), this.method);
      rest = all.subarray(end + 4);
      if (written === undefined) continue;
      head = written.answer;
      this.#framing = written.framing;
      this.#left = head.length ?? 0;
    }
    const body = this.#over ? NOTHING : this.#body(rest, this.#framing);
    return { head, body, end: this.#over };
  }

  /** Whether the response is complete if nothing more is written, and only then. */
  get endsHere(): boolean {
    return this.#framing === 'close';
  }

  #body(bytes: Buffer, framing: Framing): Buffer {
    switch (framing) {
      case 'none':
        this.#over = true;
        return NOTHING;
      case 'close':
        return bytes;
      case 'length': {
        const body = bytes.subarray(0, this.#left);
        this.#left -= body.length;
        this.#over = this.#left === 0;
        return body;
      }
      case 'chunked': {
        const body = this.#chunks.read(bytes);
        this.#over = this.#chunks.over;
        return body;
      }
    }
  }
}
