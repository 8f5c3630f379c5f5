import { trim } from '../head/fields.js';

/** The headers of a plain request. */
export interface Fields {
  /** Name, value, name, value, in the order and spelling received; bytes as Latin-1. */
  readonly raw: readonly string[];
  /** No other request follows on its connection. */
  readonly last: boolean;
}

/** RFC 9112, 5, without what is read in different ways: tabs, lines that go on, blanks in or behind a name. */
const FIELD = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([ -~\x80-\xff]*)\r\n/y;

/**
 * Reads the headers of a request, strictly.
 * @param block their lines, and the empty one behind them
 * @returns undefined: there is something about them that has to be thought about
 */
export function readFields(block: string): Fields | undefined {
  const raw: string[] = [];
  const end = block.length - 2;
  let connection: string | undefined;
  for (let at = 0; at < end; at = FIELD.lastIndex) {
    FIELD.lastIndex = at;
    const found = FIELD.exec(block);
    if (found === null) return undefined;
    const name = found[1] as string;
    const value = trim(found[2] as string);
    const low = name.toLowerCase();
    if (NOT_PLAIN.has(low) || (low === 'connection' && connection !== undefined)) return undefined;
    if (low === 'connection') connection = value.toLowerCase();
    raw.push(name, value);
  }
  if (connection !== undefined && connection !== 'keep-alive' && connection !== 'close') return undefined;
  return { raw, last: connection === 'close' };
}

/** What says more than something about the request: how its body comes, what is expected first, what is to become of the connection. */
const NOT_PLAIN: ReadonlySet<string> = new Set([
  'transfer-encoding',
  'expect',
  'upgrade',
  'proxy-connection',
  'http2-settings',
]);
