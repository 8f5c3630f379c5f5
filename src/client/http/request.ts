import type { Message } from '../message.js';

/** A web request as the proxy tells of it, in either envelope. Strings have one character per byte. */
export interface WebRequest {
  readonly method: string;
  /** The target as it was received. */
  readonly url: string;
  /** `HTTP/1.1` or `HTTP/1.0` */
  readonly protocol: string;
  /** Name, value, name, value. */
  readonly headers: readonly string[];
  readonly scheme: 'http' | 'https';
  /** The client's, as far as it is known. */
  readonly remoteAddress: string | undefined;
  /** What of the body came with the head. */
  readonly inline: Buffer;
  /** Where the body comes, if it comes separately. */
  readonly bodyAddr: string | undefined;
  /** Whether the body comes there in one message, however long it is: envelope 1. */
  readonly inOnePiece: boolean;
  /** Where word comes that nobody waits any more. */
  readonly cancelAddr: string | undefined;
  /** Which delivery of the request this is: 1 for the first. */
  readonly attempt: number;
}

/** @throws TypeError, SyntaxError: it is no web request */
export function readRequest({ body, attempt }: Message): WebRequest {
  const line = body.indexOf('\n');
  const json: unknown = JSON.parse(body.toString('utf8', 0, line === -1 ? body.length : line));
  if (typeof json !== 'object' || json === null) throw new TypeError('it is no JSON object');
  const head = json as Record<string, unknown>;
  return {
    method: text(head, 'method'),
    url: text(head, 'url'),
    protocol: text(head, 'protocol'),
    headers: headersOf(head.headers),
    scheme: head.scheme === 'https' ? 'https' : 'http',
    remoteAddress: optional(head, 'remoteAddr'),
    inline: line === -1 ? body.subarray(body.length) : body.subarray(line + 1),
    bodyAddr: optional(head, 'bodyAddr'),
    inOnePiece: head.v === undefined,
    cancelAddr: optional(head, 'cancelAddr'),
    attempt,
  };
}

/** The first value of a header, by its name in lower case. */
export function headerOf({ headers }: WebRequest, name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    const given = headers[i] as string;
    if (given.length === name.length && given.toLowerCase() === name) return headers[i + 1];
  }
  return undefined;
}

/** Envelope 1 has an object of them. */
function headersOf(given: unknown): string[] {
  if (typeof given !== 'object' || given === null) throw new TypeError('it has no headers');
  const flat: unknown[] = Array.isArray(given) ? given : Object.entries(given).flat();
  if (flat.length % 2 !== 0) throw new TypeError('it has a header without a value');
  return flat.map((part) => line('headers', part));
}

function text(head: Record<string, unknown>, name: string): string {
  return line(name, head[name]);
}

function optional(head: Record<string, unknown>, name: string): string | undefined {
  const value = head[name];
  return value === undefined || value === '' ? undefined : line(name, value);
}

/** Nothing may break out of its line: what is read here is written into a head. */
function line(name: string, value: unknown): string {
  if (typeof value === 'string' && !/[\r\n\0]/.test(value)) return value;
  throw new TypeError(`its ${name} is not what it should be`);
}
