import { timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Access, Rights } from '../../ports/access.js';
import { EVERYTHING } from './everything.js';
import { hashToken } from './token.js';
import { parseTokenLine, type TokenLine } from './token-line.js';

/** What the owner of a token may do: as the file said when it was read last. */
class TokenRights implements Rights {
  #line: TokenLine;
  revoked = false;

  constructor(line: TokenLine) {
    this.#line = line;
  }

  get name(): string {
    return this.#line.name;
  }

  get hash(): Buffer {
    return this.#line.hash;
  }

  get admin(): boolean {
    return !this.revoked && this.#line.admin;
  }

  maySend(address: string): boolean {
    return !this.revoked && begins(address, this.#line.send);
  }

  mayReceive(address: string): boolean {
    return !this.revoked && begins(address, this.#line.receive);
  }

  become(line: TokenLine): void {
    this.#line = line;
  }
}

function begins(address: string, prefixes: readonly string[]): boolean {
  for (const prefix of prefixes) if (address.startsWith(prefix)) return true;
  return false;
}

/** Tokens and their rights, from a text file with one token a line. Only hashes of tokens are in it. */
export class TokenFile implements Access {
  #tokens: readonly TokenRights[];

  /**
   * @param on where a token is wanted: on every connection, or on TCP only, where no file's permissions guard the way
   * @throws if the file can't be read, or one of its lines
   */
  constructor(
    private readonly file: string,
    private readonly on: 'all' | 'tcp',
  ) {
    this.#tokens = readLines(file).map((line) => new TokenRights(line));
  }

  withoutToken(over: 'unix' | 'tcp'): Rights | undefined {
    return over === 'unix' && this.on === 'tcp' ? EVERYTHING : undefined;
  }

  rights(token: string): Rights | undefined {
    const hash = hashToken(token);
    let found: Rights | undefined;
    for (const rights of this.#tokens) if (timingSafeEqual(rights.hash, hash)) found = rights;
    return found;
  }

  /** Those who are connected have their new rights at once. */
  reload(): void {
    const lines = readLines(this.file);
    const before = new Map(this.#tokens.map((rights) => [rights.hash.toString('hex'), rights]));
    this.#tokens = lines.map((line) => {
      const key = line.hash.toString('hex');
      const known = before.get(key);
      before.delete(key);
      known?.become(line);
      return known ?? new TokenRights(line);
    });
    for (const gone of before.values()) gone.revoked = true;
  }
}

/** @throws naming the file and the line */
function readLines(file: string): TokenLine[] {
  const lines: TokenLine[] = [];
  const numbers = new Map<string, number>();
  for (const [i, text] of read(file).split('\n').entries()) {
    const where = `${file}:${i + 1}`;
    const line = parse(text, where);
    if (line === undefined) continue;
    for (const [what, key] of [
      ['name', `name ${line.name}`],
      ['token', line.hash.toString('hex')],
    ] as const) {
      const first = numbers.get(key);
      if (first !== undefined) throw new Error(`${where}: this ${what} stands in line ${first} already`);
      numbers.set(key, i + 1);
    }
    lines.push(line);
  }
  return lines;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch (cause) {
    throw new Error(`cannot read the file of tokens ${file}: ${(cause as Error).message}`, { cause });
  }
}

function parse(text: string, where: string): TokenLine | undefined {
  try {
    return parseTokenLine(text);
  } catch (cause) {
    throw new Error(`${where}: ${(cause as Error).message}`, { cause });
  }
}
