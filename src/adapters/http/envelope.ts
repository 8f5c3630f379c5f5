/** Bytes of a request's body that still travel with its head in envelope 2, and of each piece where they don't. */
export const PIECE = 64 * 1024;

/** A web request's head, as it is told to a handler. */
export interface RequestHead {
  readonly method: string;
  readonly url: string;
  /** `HTTP/1.1` */
  readonly protocol: string;
  /** Name, value, name, value, in the order and spelling received; bytes as Latin-1. */
  readonly headers: readonly string[];
  /** The client's address, without its port; empty where it has none. */
  readonly remoteAddr: string;
  /** Where the body's pieces will come, if not in the message itself. */
  readonly bodyAddr: string | undefined;
  /** Where the handler is told that the client has gone. */
  readonly cancelAddr: string;
}

/** A request as in 2010. Its body follows as one message to `bodyAddr`, always. */
export function envelope1({ method, url, protocol, headers, bodyAddr = '' }: RequestHead): string {
  const joined = new Map<string, string>();
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = canonicalName(headers[i] as string);
    const before = joined.get(name);
    joined.set(name, before === undefined ? (headers[i + 1] as string) : `${before},${headers[i + 1]}`);
  }
  const pairs = [...joined].map(([name, value]) => `${quote(name)}:${quote(value)}`);
  return (
    `{"method":${quote(method)},"url":${quote(url)},"protocol":${quote(protocol)},` +
    `"headers":{${pairs.join(',')}},"bodyAddr":${quote(bodyAddr)}}`
  );
}

/** A request in one message: the head, LF, and the body unless that comes in pieces. */
export function envelope2(head: RequestHead, body: string): string {
  const { headers, bodyAddr } = head;
  let list = '';
  for (let i = 0; i < headers.length; i++) list += (i === 0 ? '' : ',') + quote(headers[i] as string);
  const pieces = bodyAddr === undefined ? '' : `,"bodyAddr":${quote(bodyAddr)}`;
  return (
    `{"v":2,"method":${quote(head.method)},"url":${quote(head.url)},"protocol":${quote(head.protocol)},` +
    `"headers":[${list}],"scheme":"http","remoteAddr":${quote(head.remoteAddr)},` +
    `"cancelAddr":${quote(head.cancelAddr)}${pieces}}\n${body}`
  );
}

/** `content-type` as `Content-Type`, the way Go writes it. */
function canonicalName(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

const PLAIN = /^[ !#-[\]-~]*$/;

/** A JSON string of ASCII only, so that a message's bytes are the same in every encoding of the handler's. */
function quote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The first message of a reply, taken apart. */
export interface Reply {
  /** What the JSON says; to be judged. */
  readonly head: unknown;
  /** The body bytes that came with it. */
  readonly rest: string;
}

/**
 * Reads a reply's first message: a JSON array, then optionally LF and bytes of the body.
 * @returns undefined if it does not begin with a JSON array
 */
export function parseReply(message: string): Reply | undefined {
  const lineEnd = message.indexOf('\n');
  const line = lineEnd === -1 ? message : message.slice(0, lineEnd);
  const head = parseJson(line);
  if (head !== undefined) return { head, rest: lineEnd === -1 ? '' : message.slice(lineEnd + 1) };
  // Written over several lines.
  const end = lineEnd === -1 ? -1 : arrayEnd(message);
  const long = end === -1 ? undefined : parseJson(message.slice(0, end));
  if (long === undefined) return undefined;
  return { head: long, rest: message.slice(end).replace(/^[ \t\r]*\n?/, '') };
}

/** JSON is UTF-8; what we hold is its bytes. */
function parseJson(bytes: string): unknown {
  const ascii = /^[\0-\x7f]*$/.test(bytes);
  try {
    return JSON.parse(ascii ? bytes : Buffer.from(bytes, 'latin1').toString('utf8'));
  } catch {
    // Whoever asked says what was wrong with the whole.
    return undefined;
  }
}

/** Just past the bracket that closes the array with which the text begins; -1 if there is none. */
function arrayEnd(text: string): number {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (quoted) {
      if (char === '\\') i++;
      else if (char === '"') quoted = false;
    } else if (char === '"') {
      quoted = true;
    } else if (char === '[') {
      depth++;
    } else if (char === ']' && --depth <= 0) {
      return depth === 0 ? i + 1 : -1;
    }
  }
  return -1;
}
