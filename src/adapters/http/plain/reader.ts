import type { Passed } from '../admission.js';
import { PIECE } from '../envelope.js';
import { flat } from '../flat.js';
import type { GoodHead, RawHead, Told } from '../head/request.js';
import { Problem } from '../problem.js';
import { readFields } from './fields.js';

/** Who judges heads. */
export interface HeadJudge {
  read(head: RawHead): GoodHead | Problem;
  /** What the requests of one peer that have the same headers have in common. May add to the head's. */
  pass(head: GoodHead, peer: string): Passed;
}

/** A request that was read whole. */
export class PlainRequest {
  constructor(
    readonly head: GoodHead,
    readonly passed: Passed,
    /** Bytes as Latin-1. */
    readonly body: string,
    /** No other request follows on its connection. */
    readonly last: boolean,
    /** Just past it. */
    readonly end: number,
  ) {}
}

/** RFC 9112, 3: with a path for a target, and without what is read in different ways. */
const FIRST_LINE = /(GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS) (\/[!"$-~]*) HTTP\/1\.1\r\n/y;
/** Characters of headers that are remembered, at most. */
const LONGEST = 2048;

/** Headers that were read, and all that follows from them. */
interface Known {
  readonly block: string;
  readonly head: GoodHead;
  readonly passed: Passed;
  readonly last: boolean;
}

/** A head that differs from others only in its first line. */
class Head implements GoodHead {
  readonly version: string;
  readonly authority: string;
  readonly host: string;
  readonly headers: string[];
  readonly length: number | undefined;
  readonly told: Told;

  constructor(
    readonly method: string,
    readonly url: string,
    { version, authority, host, headers, length, told }: GoodHead,
  ) {
    this.version = version;
    this.authority = authority;
    this.host = host;
    this.headers = headers;
    this.length = length;
    this.told = told;
  }
}

/**
 * Reads the plain requests of one connection: HTTP/1.1, a path, headers that everybody reads in the same way, and all of
 * it there. A client mostly says the same of itself each time: headers that are those of its last request are not read again.
 */
export class PlainReader {
  #known: Known | undefined;

  constructor(
    private readonly judge: HeadJudge,
    private readonly peer: string,
    /** Bytes of a head, at most. */
    private readonly longest: number,
  ) {}

  /**
   * Reads one that begins there.
   * @returns undefined: it is not plain, or not whole
   */
  read(text: string, from: number): PlainRequest | undefined {
    FIRST_LINE.lastIndex = from;
    const line = FIRST_LINE.exec(text);
    if (line === null) return undefined;
    const start = FIRST_LINE.lastIndex;
    const known = this.#same(text, start) ?? this.#read(text, from, start);
    if (known === undefined) return undefined;
    const end = start + known.block.length;
    const { length = 0 } = known.head;
    if (end - from > this.longest || length > PIECE) return undefined;
    // What is behind a body may show that its length is a mistake.
    if (length > 0 && text.length !== end + length) return undefined;
    const head = new Head(line[1] as string, line[2] as string, known.head);
    const body = length === 0 ? '' : text.slice(end, end + length);
    return new PlainRequest(head, known.passed, body, known.last, end + length);
  }

  /** Whether this is a part of a head that may be plain: its first line, and maybe more. */
  begins(text: string): boolean {
    FIRST_LINE.lastIndex = 0;
    if (text.length > this.longest || !FIRST_LINE.test(text)) return false;
    return !text.includes('\r\n\r\n', FIRST_LINE.lastIndex - 2);
  }

  #same(text: string, start: number): Known | undefined {
    const known = this.#known;
    if (known === undefined) return undefined;
    const { block } = known;
    return text.slice(start, start + block.length) === block ? known : undefined;
  }

  #read(text: string, from: number, start: number): Known | undefined {
    const end = text.indexOf('\r\n\r\n', start - 2) + 4;
    if (end < 4 || end - from > this.longest) return undefined;
    const block = flat(text.slice(start, end));
    const fields = readFields(block);
    if (fields === undefined) return undefined;
    // What the method and the target are makes no difference to what is judged here.
    const head = this.judge.read({ method: 'GET', url: '/', httpVersion: '1.1', rawHeaders: fields.raw });
    if (head instanceof Problem) return undefined;
    const known = { block, head, passed: this.judge.pass(head, this.peer), last: fields.last };
    if (block.length <= LONGEST) this.#known = known;
    return known;
  }
}
