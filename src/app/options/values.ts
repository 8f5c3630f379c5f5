import * as v from 'valibot';
import { parseRoute, type RouteOptions } from '../../adapters/http/routes.js';
import { Trust } from '../../adapters/http/trust.js';
import { type Endpoint, parseEndpoint, parseEndpoints } from '../../client/address.js';
import { toWire } from '../../client/arguments.js';
import { isAddress } from '../../domain/address.js';

/** Every option's value comes as text, wherever it was written. Messages say what was expected. */

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
const LONGEST_SECONDS = 30 * 24 * 3600;

/** One of a few words. */
export function oneOf<const T extends readonly [string, ...string[]]>(...words: T) {
  return v.picklist(words, `one of: ${words.join(', ')}`);
}

/** What is on or off. */
export const yesOrNo = v.pipe(
  oneOf('true', 'false'),
  v.transform((text) => text === 'true'),
);

/** Bytes, in units of 1024 where a letter follows. */
export function size(least: number) {
  const expected = `a size of at least ${least} bytes, such as 4096, 64k, 16M or 2G`;
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,15}[kmg]?$/i, expected),
    v.transform((text) => Number.parseInt(text, 10) * (UNITS[text.replace(/^\d+/, '').toLowerCase()] as number)),
    v.check((bytes) => bytes >= least && Number.isSafeInteger(bytes), expected),
  );
}

/** A number of things. */
export function count(least: number) {
  const expected = `a whole number of at least ${least}`;
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,15}$/, expected),
    v.transform(Number),
    v.check((value) => value >= least, expected),
  );
}

/** Seconds as written, milliseconds as result. */
export function seconds(least: number) {
  const expected = `seconds from ${least} to ${LONGEST_SECONDS} (30 days), such as 10 or 0.5`;
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,9}(\.\d{1,3})?$/, expected),
    v.transform((text) => Math.round(Number(text) * 1000)),
    v.check((milliseconds) => milliseconds >= least * 1000 && milliseconds <= LONGEST_SECONDS * 1000, expected),
  );
}

/** Permissions as in chmod. */
export const mode = v.pipe(
  v.string(),
  v.regex(/^0?[0-7]{3}$/, 'permissions in octal, such as 0660'),
  v.transform((text) => Number.parseInt(text, 8)),
);

export const filePath = v.pipe(
  v.string(),
  v.check((text) => text !== '' && !text.includes('\0'), 'the path of a file'),
);

/** A token, as it is shown to a broker: one word. */
export const secret = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,255}$/, 'one word'));

/** A message address, as the binary string that goes on the wire. */
export const messageAddress = parsedBy(readAddress, 'an address: 1 to 255 bytes without blanks');

/** Which requests go where. */
export const route = parsedBy(readRoute, '[GET,POST:]HOST[/PATH]=ADDRESS[;max=N], such as *=web or a.example/b=web.b');

/** Peers of the HTTP proxy that are believed. */
export const trusted = v.pipe(
  v.string(),
  v.check(
    isTrustable,
    'an IP address, a network such as 10.0.0.0/8, or one of: loopback, linklocal, uniquelocal, unix',
  ),
);

/** `unix:/path` or `tcp:host:port`. */
export const endpoint = parsedBy<Endpoint>(parseEndpoint, 'unix:/path or tcp:host:port');

/** One endpoint, or several with commas between them. */
export const endpoints = parsedBy<readonly Endpoint[]>(
  parseEndpoints,
  'unix:/path or tcp:host:port, or several of them with commas between',
);

/** What a parser of ours makes of the text; undefined: it is not what was expected. */
function parsedBy<T>(parse: (text: string) => T | undefined, expected: string) {
  return v.pipe(
    v.string(),
    v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
      const parsed = parse(dataset.value);
      if (parsed !== undefined) return parsed;
      addIssue({ message: expected });
      return NEVER;
    }),
  );
}

function readAddress(text: string): string | undefined {
  const address = toWire(text);
  return isAddress(address) ? address : undefined;
}

function readRoute(text: string): RouteOptions | undefined {
  const parsed = parseRoute(text);
  if (parsed === undefined) return undefined;
  const to = readAddress(parsed.to);
  return to === undefined ? undefined : { ...parsed, to };
}

function isTrustable(text: string): boolean {
  try {
    return new Trust([text]) instanceof Trust;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
