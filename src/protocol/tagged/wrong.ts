import { isAddress } from '../../domain/address.js';
import { type Refused, refused } from '../refused.js';
import type { Words } from '../words.js';

/** What to say of a number of seconds that is none. */
export const SECONDS = 'seconds were expected: up to 9 digits, then perhaps a point and up to 3';

/** The tag or the delivery's name that a line is about, right or not, if it can be written back. */
export function readable(words: Words): string | undefined {
  const text = words.text(1);
  return isAddress(text) ? text : undefined;
}

/** The stream can't be followed past this: nobody knows whether a body follows. */
export function wrongWords(format: string, words: Words): Refused {
  return refused('bad-command', `wrong number of words (expected ${format})`, readable(words));
}
