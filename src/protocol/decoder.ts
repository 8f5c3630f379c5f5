import { type Refused, refused } from './refused.js';
import { Words } from './words.js';

const LF = 10;
const CR = 13;

/** Bytes a body in pieces gets at first; more as they come, so that announcing a length costs us nothing. */
const FIRST_PIECE = 64 * 1024;

const NOTHING = Buffer.alloc(0);

const NO_END = 'body must be followed by \\r\\n';

/** Decoders take turns; what one line says is taken before the next is read. */
const WORDS = new Words();

/** What a line and its body become. */
export interface Frame {
  /** Anything but `refused`. */
  readonly kind: string;
  /** In the tagged protocol: what an answer to it carries. A body that is too large is passed over then. */
  readonly tag?: string;
  /** Bytes that follow the line. */
  readonly bodyLength: number;
  body: string;
}

/** Turns the words of one line, at least one, into what it says. */
export type Grammar<F extends Frame> = (words: Words) => F | Refused;

export interface DecoderLimits {
  /** Bytes of a line, its end included. */
  readonly line: number;
  /** Bytes of a body. */
  readonly body: number;
}

/**
 * Bytes in, commands out; it knows no socket. Feed it with `push`, then take with `next` until that returns
 * undefined. What can't be understood comes as a `Refused`. Where that says how much to `skip`, so much is passed over,
 * without being held, with the line end behind it; otherwise it is the last that comes.
 *
 * States: at a line -> in a body, or passing over one -> at the body's end -> at a line; broken.
 */
export class Decoder<F extends Frame> {
  #data: Buffer = NOTHING;
  #position = 0;
  #end = 0;
  /** Whether what is held may change when the caller goes on. */
  #lent = false;
  #broken = false;

  /** The frame whose body is incomplete, and what there is of it. */
  #open: F | undefined;
  #body: Buffer = NOTHING;
  #filled = 0;

  /** Bytes still to pass over before a body's end; -1: no body is passed over. */
  #skip = -1;

  constructor(
    private readonly grammar: Grammar<F>,
    private readonly limits: DecoderLimits,
  ) {}

  /** Bytes held that `next` did not use yet. */
  get held(): number {
    return this.#end - this.#position;
  }

  /**
   * Lends the next bytes of the stream, the first `length` of `data`. They are read in place: until `next` has
   * returned undefined or `hold` was called they must not change.
   */
  push(data: Buffer, length = data.length): void {
    if (this.held === 0) {
      this.#data = data;
      this.#position = 0;
      this.#end = length;
      this.#lent = true;
    } else {
      this.#data = Buffer.concat([this.#data.subarray(this.#position, this.#end), data.subarray(0, length)]);
      this.#position = 0;
      this.#end = this.#data.length;
      this.#lent = false;
    }
  }

  /** Copies what was lent and is not used yet. */
  hold(): void {
    if (!this.#lent) return;
    this.#lent = false;
    this.#data = this.held === 0 ? NOTHING : Buffer.from(this.#data.subarray(this.#position, this.#end));
    this.#position = 0;
    this.#end = this.#data.length;
  }

  /** The next command; undefined when there is no whole one. */
  next(): F | Refused | undefined {
    if (this.#broken || this.held === 0) return undefined;
    let frame: F | Refused | undefined;
    if (this.#open !== undefined) frame = this.#continue(this.#open);
    else frame = this.#skip === -1 ? this.#line() : this.#passOver();
    if (frame === undefined) this.hold();
    else if (isRefused(frame)) this.#refuse(frame.skip);
    return frame;
  }

  #refuse(skip: number | undefined): void {
    if (skip === undefined) this.#broken = true;
    else if (skip > 0) this.#skip = skip;
  }

  #passOver(): F | Refused | undefined {
    const passed = Math.min(this.#skip, this.held);
    this.#skip -= passed;
    this.#position += passed;
    const after = this.#skip > 0 ? -1 : this.#bodyEnd(this.#position);
    if (after === -1) return undefined;
    if (after === 0) return refused('bad-length', NO_END);
    this.#skip = -1;
    this.#position = after;
    return this.#line();
  }

  #line(): F | Refused | undefined {
    for (;;) {
      const after = WORDS.read(this.#data, this.#position, this.#end);
      if ((after === -1 ? this.#end + 1 : after) - this.#position > this.limits.line) {
        return refused('line-too-long', `invalid command (a line has at most ${this.limits.line} bytes)`);
      }
      if (after === -1) return undefined;
      this.#position = after;
      if (WORDS.count === 0) continue;
      const frame = this.grammar(WORDS);
      if (isRefused(frame) || frame.bodyLength === 0) return frame;
      if (frame.bodyLength > this.limits.body) return this.#tooLarge(frame);
      return this.#whole(frame) ?? this.#begin(frame);
    }
  }

  #tooLarge({ bodyLength, tag }: F): Refused {
    const text = `invalid body length format (a body has at most ${this.limits.body} bytes, not ${bodyLength})`;
    return refused('body-too-large', text, tag, tag === undefined ? undefined : bodyLength);
  }

  /** The frame with its body where all of that is there already: the common case, without a second copy. */
  #whole(frame: F): F | Refused | undefined {
    const end = this.#position + frame.bodyLength;
    const after = this.#bodyEnd(end);
    if (after === -1) return undefined;
    frame.body = this.#data.toString('latin1', this.#position, end);
    return this.#finish(frame, after);
  }

  #finish(frame: F, after: number): F | Refused {
    if (after === 0) return refused('bad-length', NO_END, frame.tag);
    this.#position = after;
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
      const end = Math.min(this.#end, this.#position + missing);
      this.#append(frame.bodyLength, this.#position, end);
      this.#position = end;
    }
    const after = this.#filled < frame.bodyLength ? -1 : this.#bodyEnd(this.#position);
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

  /** Just past the CRLF or LF at `end`; 0 if something else is there, -1 if that can't be told yet. */
  #bodyEnd(end: number): number {
    const data = this.#data;
    if (end >= this.#end) return -1;
    if (data[end] === LF) return end + 1;
    if (data[end] !== CR) return 0;
    if (end + 1 >= this.#end) return -1;
    return data[end + 1] === LF ? end + 2 : 0;
  }
}

function isRefused(frame: Frame | Refused): frame is Refused {
  return frame.kind === 'refused';
}
