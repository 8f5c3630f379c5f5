/** Bytes of the JSON with which a reply begins. */
export const MAX_REPLY_HEAD = 64 * 1024;

/** The first message of a reply, taken apart. */
export interface Reply {
  /** What the JSON says; to be judged. */
  readonly head: unknown;
  /** The body bytes that came with it. */
  readonly rest: string;
}

/**
 * Reads a reply's first message: a JSON array, then optionally LF and bytes of the body. The array may stretch over
 * several lines.
 * @returns undefined if that is not what it is
 */
export function parseReply(message: string): Reply | undefined {
  const lineEnd = message.indexOf('\n');
  const end = lineEnd === -1 ? message.length : lineEnd;
  const head = end > MAX_REPLY_HEAD ? undefined : parseJson(message.slice(0, end));
  if (head !== undefined) return { head, rest: message.slice(end + 1) };
  return lineEnd === -1 ? undefined : parseLong(message);
}

/** The array ends where its last bracket closes, and nothing but blanks may follow on that line. */
function parseLong(message: string): Reply | undefined {
  const end = arrayEnd(message);
  const head = end === -1 ? undefined : parseJson(message.slice(0, end));
  if (head === undefined) return undefined;
  let start = end;
  while (start < message.length && ' \t\r'.includes(message.charAt(start))) start++;
  if (start < message.length && message[start] !== '\n') return undefined;
  return { head, rest: message.slice(start + 1) };
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
  const most = Math.min(text.length, MAX_REPLY_HEAD);
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < most; i++) {
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
