import type { Refused } from './refused.js';

const LF = 10;
const CR = 13;
const BLANK = 32;
const TAB = 9;

/** Bytes a body in pieces gets at first; more as they come, so that announcing a length costs us nothing. */
const FIRST_PIECE = 64 * 1024;

const NOTHING = Buffer.alloc(0);

/** What a line and its body become. */
export interface Frame {
  /** Bytes that follow the line. */
  readonly bodyLength: number;
  body: string;
}

/** Turns the words of one line into what it says. Never gets an empty line. */
export type Grammar<F extends Frame> = (words: string[]) => F | Refused;

export interface DecoderLimits {
  /** Bytes of a line, its end included. */
  readonly line: number;
  /** Bytes of a body. */
  readonly body: number;
}

/**
 * Bytes in, commands out; it knows no socket. Feed it with `push`, then take with `next` until that returns
 * undefined. What the stream can't be followed past comes as a `Refused`, and is the last that comes.
 *
 * States: at a line -> in a body -> at the body's end -> at a line; broken.
 */
export class Decoder<F extends Frame> {
  #data: Buffer = NOTHING;
  #position = 0;
  /** Where to go on looking for the line's end. */
  #scanned = 0;
  #broken = false;

  /** The frame whose body is incomplete, and what there is of it. */
  #open: F | undefined;
  #body: Buffer = NOTHING;
  #filled = 0;

  constructor(
    private readonly grammar: Grammar<F>,
    private readonly limits: DecoderLimits,
  ) {}

  /** Bytes held that `next` did not use yet. */
  get held(): number {
    return this.#data.length - this.#position;
  }

  /**
   * Lends the next bytes of the stream. They are read in place: until `next` has returned undefined or `hold` was
   * called they must not change.
   */
  push(chunk: Buffer): void {
    if (this.#position === this.#data.length) {
      this.#data = chunk;
      this.#position = 0;
      this.#scanned = 0;
    } else {
      this.#scanned -= this.#position;
      this.#data = Buffer.concat([this.#data.subarray(this.#position), chunk]);
      this.#position = 0;
    }
  }

  /** Copies what was lent and is not used yet. */
  hold(): void {
    this.#scanned -= this.#position;
    this.#data = this.held === 0 ? NOTHING : Buffer.from(this.#data.subarray(this.#position));
    this.#position = 0;
  }

  /** The next command; undefined when there is no whole one. */
  next(): F | Refused | undefined {
    if (this.#broken) return undefined;
    const frame = this.#open === undefined ? this.#line() : this.#continue(this.#open);
    if (frame === undefined) this.hold();
    else if ('code' in frame) this.#broken = true;
    return frame;
  }

  #line(): F | Refused | undefined {
    for (;;) {
      const data = this.#data;
      const start = this.#position;
      const end = this.#lineEnd();
      if (end - start > this.limits.line) {
        return { kind: 'refused', code: 'line-too-long', text: `a line has at most ${this.limits.line} bytes` };
      }
      if (end === -1) return undefined;
      this.#position = end;
      this.#scanned = end;
      const words = splitLine(data, start, end);
      if (words.length === 0) continue;
      const frame = this.grammar(words);
      if ('code' in frame || frame.bodyLength === 0) return frame;
      if (frame.bodyLength > this.limits.body) {
        const text = `a body has at most ${this.limits.body} bytes, not ${frame.bodyLength}`;
        return { kind: 'refused', code: 'body-too-large', text };
      }
      return this.#whole(frame) ?? this.#begin(frame);
    }
  }

  /** Just past the line's LF; -1 if that has not come, or a position past the limit if it can't come any more. */
  #lineEnd(): number {
    const data = this.#data;
    for (let i = this.#scanned; i < data.length; i++) {
      if (data[i] === LF) return i + 1;
    }
    this.#scanned = data.length;
    return data.length - this.#position >= this.limits.line ? this.#position + this.limits.line + 1 : -1;
  }

  /** The frame with its body where all of that is there already: the common case, without a second copy. */
  #whole(frame: F): F | Refused | undefined {
    const data = this.#data;
    const end = this.#position + frame.bodyLength;
    const after = bodyEnd(data, end);
    if (after === -1) return undefined;
    frame.body = data.toString('latin1', this.#position, end);
    return this.#finish(frame, after);
  }

  #finish(frame: F, after: number): F | Refused {
    if (after === 0) return { kind: 'refused', code: 'bad-length', text: 'body must be followed by \\r\\n' };
    this.#position = after;
    this.#scanned = after;
    return frame;
  }

  #begin(frame: F): F | Refused | undefined {
    this.#open = frame;
    this.#filled = 0;
    this.#body = Buffer.allocUnsafe(Math.min(frame.bodyLength, FIRST_PIECE));
    return this.#continue(frame);
  }

  #continue(frame: F): F | Refused | undefined {
    const missing = frame.bodyLength - this.#filled;
    if (missing > 0) {
      const end = Math.min(this.#data.length, this.#position + missing);
      this.#append(frame.bodyLength, this.#position, end);
      this.#position = end;
      this.#scanned = end;
      if (this.#filled < frame.bodyLength) return undefined;
    }
    const after = bodyEnd(this.#data, this.#position);
    if (after === -1) return undefined;
    frame.body = this.#body.toString('latin1', 0, frame.bodyLength);
    this.#open = undefined;
    this.#body = NOTHING;
    return this.#finish(frame, after);
  }

  #append(bodyLength: number, start: number, end: number): void {
    const filled = this.#filled + end - start;
    if (filled > this.#body.length) {
      const larger = Buffer.allocUnsafe(Math.min(bodyLength, Math.max(filled, 2 * this.#body.length)));
      this.#body.copy(larger, 0, 0, this.#filled);
      this.#body = larger;
    }
    this.#data.copy(this.#body, this.#filled, start, end);
    this.#filled = filled;
  }
}

/** Just past the CRLF or LF at `end`; 0 if something else is there, -1 if that can't be told yet. */
function bodyEnd(data: Buffer, end: number): number {
  if (end >= data.length) return -1;
  if (data[end] === LF) return end + 1;
  if (data[end] !== CR) return 0;
  if (end + 1 >= data.length) return -1;
  return data[end + 1] === LF ? end + 2 : 0;
}

/** The words of the line that ends just before `end` with its LF or CRLF. */
function splitLine(data: Buffer, start: number, end: number): string[] {
  const stop = end - 2 >= start && data[end - 2] === CR ? end - 2 : end - 1;
  let plain = true;
  let before = BLANK;
  for (let i = start; i < stop; i++) {
    const byte = data[i] as number;
    if (byte === TAB || (byte === BLANK && before === BLANK)) plain = false;
    before = byte;
  }
  const line = data.toString('latin1', start, stop);
  if (plain && before !== BLANK) return line.split(' ');
  return line.split(/[ \t]+/).filter((word) => word !== '');
}
