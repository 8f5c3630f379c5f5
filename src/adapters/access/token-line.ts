/** What a line of the file of tokens says. */
export interface TokenLine {
  readonly name: string;
  /** SHA-256 of the token, 32 bytes. */
  readonly hash: Buffer;
  /** Beginnings of addresses; an empty one is that of every address. */
  readonly send: readonly string[];
  readonly receive: readonly string[];
  readonly admin: boolean;
}

const FORMAT = 'NAME SHA256 [send=PREFIX,..] [receive=PREFIX,..] [admin]';
const EVERY = '*';

/**
 * Reads one line, in one character per byte.
 * @returns undefined for a blank line or a comment
 * @throws saying what was expected
 */
export function parseTokenLine(line: string): TokenLine | undefined {
  const [name, hash, ...rest] = line.trim().split(/\s+/);
  if (name === undefined || name === '' || name.startsWith('#')) return undefined;
  if (hash === undefined) throw new Error(`expected ${FORMAT}`);
  if (!/^[0-9a-f]{64}$/i.test(hash)) throw new Error('the second word must be a SHA-256 in 64 hexadecimal digits');
  const rights = { send: [] as string[], receive: [] as string[], admin: false };
  const seen = new Set<string>();
  for (const word of rest) {
    if (word.startsWith('#')) break;
    const [what, prefixes] = split(word);
    if (seen.has(what)) throw new Error(`${what} stands there twice`);
    seen.add(what);
    if (word === 'admin') rights.admin = true;
    else if ((what === 'send' || what === 'receive') && prefixes !== undefined) rights[what] = parsePrefixes(prefixes);
    else throw new Error(`expected ${FORMAT}, not ${JSON.stringify(word)}`);
  }
  return { name, hash: Buffer.from(hash, 'hex'), ...rights };
}

/**
 * The line that gives a token its rights. Prefixes are in one character per byte, and have no blanks and no commas.
 * @throws if the name or a prefix can't be written in a line
 */
export function formatTokenLine({ name, hash, send, receive, admin }: TokenLine): string {
  if (!/^[^\s#=]\S*$/.test(name)) throw new Error(`a token's name is one word, not ${JSON.stringify(name)}`);
  for (const prefix of [...send, ...receive]) {
    if (/[\s,]/.test(prefix)) throw new Error(`a prefix has no blanks and no commas, unlike ${JSON.stringify(prefix)}`);
  }
  const words = [name, hash.toString('hex')];
  if (send.length > 0) words.push(`send=${formatPrefixes(send)}`);
  if (receive.length > 0) words.push(`receive=${formatPrefixes(receive)}`);
  if (admin) words.push('admin');
  return words.join(' ');
}

/** One prefix as people write it: `*` for every address. */
export function parsePrefix(text: string): string {
  return text === EVERY ? '' : text;
}

function split(word: string): [string, string | undefined] {
  const at = word.indexOf('=');
  return at === -1 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function parsePrefixes(text: string): string[] {
  const prefixes = text.split(',');
  if (prefixes.includes('')) throw new Error('a prefix is empty; * stands for every address');
  return prefixes.map(parsePrefix);
}

function formatPrefixes(prefixes: readonly string[]): string {
  return prefixes.map((prefix) => (prefix === '' ? EVERY : prefix)).join(',');
}
