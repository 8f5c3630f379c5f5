/** The largest number that 2010 could hold; more is refused. */
const LARGEST = 2 ** 31 - 1;

/** A whole number of 0 or more in decimal digits; -1 if it is none. */
export function parseLength(word: string): number {
  let value = 0;
  for (let i = 0; i < word.length; i++) {
    const digit = word.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = 10 * value + digit;
    if (value > LARGEST) return -1;
  }
  return word.length === 0 ? -1 : value;
}

/** Whole seconds, perhaps with a sign; a negative number counts as 0. -1 if it is no number. */
export function parseSeconds(word: string): number {
  const sign = word.charCodeAt(0);
  if (sign !== 0x2d && sign !== 0x2b) return parseLength(word);
  const value = parseLength(word.slice(1));
  return sign === 0x2d ? Math.min(value, 0) : value;
}
