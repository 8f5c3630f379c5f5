import { STATUS_CODES } from 'node:http';
import { flat } from '../flat.js';
import { HOP_BY_HOP, TOKEN, trim, withNamed, without } from './fields.js';

/** A response head that can be sent. */
export class ResponseHead {
  readonly #dated: boolean;
  #joined = '';
  #joinedFor = '';

  constructor(
    /** 200 to 599. */
    readonly status: number,
    /** Undefined: the usual one. */
    readonly reason: string | undefined,
    /** Name, value, name, value. Without those that are about the connection: they are ours. */
    readonly headers: readonly string[],
    /** What Content-Length says. */
    readonly length: number | undefined,
    /** Whether the status forbids a body. */
    readonly bodiless: boolean,
  ) {
    this.#dated = headers.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'date');
  }

  /** As it is sent, up to `end`, of which there are few: joined once, as long as that is the same. */
  upTo(end: string): string {
    if (this.#joinedFor !== end) {
      this.#joinedFor = end;
      this.#joined = flat(this.#join() + end);
    }
    return this.#joined;
  }

  /** Whether Date is among the headers. */
  get dated(): boolean {
    return this.#dated;
  }

  #join(): string {
    const { status, reason = STATUS_CODES[status] ?? 'unknown', headers } = this;
    let lines = `HTTP/1.1 ${status} ${reason}\r\n`;
    for (let i = 0; i < headers.length; i += 2) lines += `${headers[i]}: ${headers[i + 1]}\r\n`;
    return lines;
  }
}

/** A head that makes no sense, and why. */
export interface BadHead {
  readonly wrong: string;
}

/** RFC 9110, 5.5: visible characters, blanks between them, and bytes beyond ASCII. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** RFC 9110, 15, and RFC 9112, 4 for the reason. */
const STATUS = /^([2-5]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
/** Digits that fit into a number. */
const LENGTH = /^\d{1,15}$/;

/** RFC 9110, 15.3.5, 15.3.6 and 15.4.5 */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Judges what a handler gave as the head of its response: `["200", ["Name", "value", ..]]`. The status may have a
 * reason behind it. It, and a value, may be a whole number instead of a string.
 */
export function judgeResponseHead(head: unknown): ResponseHead | BadHead {
  if (!Array.isArray(head) || head.length !== 2) {
    return { wrong: 'expected a JSON array of a status and a list of headers' };
  }
  const [rawStatus, list] = head as [unknown, unknown];
  const status = STATUS.exec(textOf(rawStatus) ?? '');
  if (status === null) return { wrong: `expected a status from 200 to 599, not ${show(rawStatus)}` };
  if (!Array.isArray(list) || list.length % 2 !== 0) return { wrong: 'expected a list of names and values in turn' };
  const fields: string[] = [];
  for (let i = 0; i < list.length; i += 2) {
    const name: unknown = list[i];
    const value = textOf(list[i + 1]);
    if (typeof name !== 'string' || !TOKEN.test(name)) return { wrong: `${show(name)} is not a header's name` };
    if (value === undefined || !VALUE.test(value)) return { wrong: `${show(list[i + 1])} is not a value for ${name}` };
    fields.push(name, trim(value));
  }
  return frame(Number(status[1]), status[2], fields);
}

/** What the headers say about the body, and what is left of them. */
function frame(status: number, reason: string | undefined, fields: readonly string[]): ResponseHead | BadHead {
  let dropped = HOP_BY_HOP;
  let length: string | undefined;
  let encoded = false;
  for (let i = 0; i < fields.length; i += 2) {
    const value = fields[i + 1] as string;
    switch ((fields[i] as string).toLowerCase()) {
      case 'connection':
        dropped = withNamed(dropped, value);
        break;
      case 'transfer-encoding':
        encoded = true;
        break;
      case 'content-length':
        if (length !== undefined) return { wrong: 'more than one Content-Length' };
        if (!LENGTH.test(value)) return { wrong: `${show(value)} is not a value for Content-Length` };
        length = value;
    }
  }
  if (length !== undefined && encoded) return { wrong: 'Content-Length together with Transfer-Encoding' };
  const bodiless = BODILESS.has(status);
  // A 304 tells the length that the 200 would have (RFC 9110, 8.6), the others must not.
  if (bodiless && status !== 304 && Number(length ?? 0) > 0) return { wrong: `a body with status ${status}` };
  if (status === 204) dropped = new Set(dropped).add('content-length');
  const headers = without(fields, dropped);
  if (status === 205 && length === undefined) headers.push('Content-Length', '0');
  return new ResponseHead(status, reason, headers, length === undefined ? undefined : Number(length), bodiless);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 100);
}
