/** A response head that can be sent. */
export interface ResponseHead {
  /** 200 to 599. */
  readonly status: number;
  /** Undefined: the usual one. */
  readonly reason: string | undefined;
  /** Name, value, name, value. Without those that are about the connection: they are ours. */
  readonly headers: string[];
  /** What Content-Length says. */
  readonly length: number | undefined;
  /** Whether the status forbids a body. */
  readonly bodiless: boolean;
}

/** A head that makes no sense, and why. */
export interface BadHead {
  readonly wrong: string;
}

/** RFC 9110, 5.6.2 */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110, 5.5: visible characters, blanks between them, and bytes beyond ASCII. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const STATUS = /^([2-5]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;

/** RFC 9110, 7.6.1: about the connection to the handler, of which there is none. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** RFC 9110, 15.3.5, 15.3.6 and 15.4.5 */
const BODILESS = new Set([204, 205, 304]);

/**
 * Judges what a handler gave as the head of its response: `["200", ["Name", "value", ..]]`. The status may be a number,
 * and may have a reason behind it.
 */
export function judgeResponseHead(head: unknown): ResponseHead | BadHead {
  if (!Array.isArray(head) || head.length !== 2)
    return { wrong: 'expected a JSON array of a status and a list of headers' };
  const [rawStatus, list] = head as [unknown, unknown];
  const status = STATUS.exec(
    typeof rawStatus === 'number' ? String(rawStatus) : typeof rawStatus === 'string' ? rawStatus : '',
  );
  if (status === null) return { wrong: `expected a status from 200 to 599, not ${show(rawStatus)}` };
  if (!Array.isArray(list) || list.length % 2 !== 0) return { wrong: 'expected a list of names and values in turn' };
  const wrong = firstBadField(list);
  if (wrong !== undefined) return { wrong };
  return frame(Number(status[1]), status[2], list as string[]);
}

function firstBadField(list: readonly unknown[]): string | undefined {
  for (let i = 0; i < list.length; i += 2) {
    const [name, value] = [list[i], list[i + 1]];
    if (typeof name !== 'string' || !TOKEN.test(name)) return `${show(name)} is not a header's name`;
    if (typeof value !== 'string' || !VALUE.test(value)) return `${show(value)} is not a value for ${name}`;
  }
  return undefined;
}

/** What the headers say about the body, and what is left of them. */
function frame(status: number, reason: string | undefined, list: readonly string[]): ResponseHead | BadHead {
  const dropped = new Set(HOP_BY_HOP);
  const lengths: string[] = [];
  let encoded = false;
  for (let i = 0; i < list.length; i += 2) {
    const [name, value] = [(list[i] as string).toLowerCase(), list[i + 1] as string];
    if (name === 'connection') for (const named of value.split(',')) dropped.add(named.trim().toLowerCase());
    if (name === 'content-length') lengths.push(value);
    if (name === 'transfer-encoding') encoded = true;
  }
  if (lengths.length > 1) return { wrong: 'more than one Content-Length' };
  if (lengths.length > 0 && encoded) return { wrong: 'Content-Length together with Transfer-Encoding' };
  const length = lengths[0] === undefined ? undefined : parseLength(lengths[0]);
  if (length === -1) return { wrong: `${show(lengths[0])} is not a value for Content-Length` };
  const bodiless = BODILESS.has(status);
  if (bodiless && status !== 304 && length !== undefined && length > 0)
    return { wrong: `a body with status ${status}` };
  // A Connection that names Content-Length would take our framing away.
  dropped.delete('content-length');
  return { status, reason, headers: without(list, dropped), length, bodiless };
}

function parseLength(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : -1;
}

function without(list: readonly string[], dropped: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i] as string;
    if (!dropped.has(name.toLowerCase())) kept.push(name, list[i + 1] as string);
  }
  return kept;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 100);
}
