import { type Endpoint, parseEndpoint, parseEndpoints } from '../../client/address.js';
import { isAddress } from '../../domain/address.js';

/**
 * What an option's value has to be. It comes as text, wherever it was written. Written by hand: what a library for this
 * would take to load is felt in every command.
 */
export interface Schema<T> {
  /** For error messages. */
  readonly expected: string;
  /** Error messages do not show what was given instead. */
  readonly secret?: true;
  /** Undefined if the text is not what is expected. */
  parse(text: string): T | undefined;
}

/** What becomes of the text. */
export type ValueOf<S> = S extends Schema<infer T> ? T : never;

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
const LONGEST_SECONDS = 30 * 24 * 3600;

/** One of a few words, and what each of them means. */
export function wordFor<const T>(meanings: Readonly<Record<string, T>>): Schema<T> {
  const known = new Map(Object.entries(meanings));
  return { expected: `one of: ${[...known.keys()].join(', ')}`, parse: (text) => known.get(text) };
}

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): Schema<T> {
  return wordFor(Object.fromEntries(words.map((word) => [word, word])) as Readonly<Record<string, T>>);
}

/** What is on or off. */
export const yesOrNo: Schema<boolean> = wordFor({ true: true, false: false });

/** Bytes, in units of 1024 where a letter follows. */
export function size(least: number): Schema<number> {
  const expected = `a size of at least ${least} bytes, such as 4096, 64k, 16M or 2G`;
  return matching(expected, /^(\d{1,15})([kmg]?)$/i, ([, digits, unit = '']) => {
    const bytes = Number(digits) * (UNITS[unit.toLowerCase()] as number);
    return bytes >= least && Number.isSafeInteger(bytes) ? bytes : undefined;
  });
}

/** A number of things. */
export function count(least: number): Schema<number> {
  return matching(`a whole number of at least ${least}`, /^\d{1,15}$/, ([digits]) => {
    const value = Number(digits);
    return value >= least ? value : undefined;
  });
}

/** Seconds as written, milliseconds as result. */
export function seconds(least: number): Schema<number> {
  const expected = `seconds from ${least} to ${LONGEST_SECONDS} (30 days), such as 10 or 0.5`;
  return matching(expected, /^\d{1,9}(\.\d{1,3})?$/, ([text]) => {
    const milliseconds = Math.round(Number(text) * 1000);
    return milliseconds >= least * 1000 && milliseconds <= LONGEST_SECONDS * 1000 ? milliseconds : undefined;
  });
}

/** Permissions as in chmod. */
export const mode = matching('permissions in octal, such as 0660', /^0?[0-7]{3}$/, ([text]) =>
  Number.parseInt(text, 8),
);

export const filePath = matching('the path of a file', /^[^\0]+$/, ([text]) => text);

/** A token, as it is shown to a broker. */
export const token: Schema<string> = {
  ...matching('one word of at most 255 characters', /^[\x21-\x7e]{1,255}$/, ([text]) => text),
  secret: true,
};

/** A message address, as the binary string that goes on the wire. */
export const messageAddress: Schema<string> = {
  expected: 'an address: 1 to 255 bytes without blanks',
  parse(text) {
    const address = Buffer.from(text).toString('latin1');
    return isAddress(address) ? address : undefined;
  },
};

/** `unix:/path` or `tcp:host:port`. */
export const endpoint: Schema<Endpoint> = { expected: 'unix:/path or tcp:host:port', parse: parseEndpoint };

/** One endpoint, or several with commas between them. */
export const endpoints: Schema<readonly Endpoint[]> = {
  expected: 'unix:/path or tcp:host:port, or several of them with commas between',
  parse: parseEndpoints,
};

/** @param read gets what the pattern found, of which the first is there in any case */
function matching<T>(
  expected: string,
  pattern: RegExp,
  read: (found: [string, ...string[]]) => T | undefined,
): Schema<T> {
  return {
    expected,
    parse(text) {
      const found = pattern.exec(text);
      return found === null ? undefined : read(found as unknown as [string, ...string[]]);
    },
  };
}
