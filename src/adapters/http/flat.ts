/**
 * The same text in one piece. V8 keeps what was put together as a tree, which is walked each time it is written: too much
 * for what is written a thousand times. And a part of a text keeps the whole of it; a copy does not.
 * @param text bytes as Latin-1
 */
export function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
