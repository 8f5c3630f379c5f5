import { BACK, CONTROL, DONE, DOT, HELLO, KEEP, OVER, RECEIVE, SEND } from './signs.js';

const SIGNS: readonly number[] = [HELLO, SEND, RECEIVE, DOT, DONE, BACK, KEEP, CONTROL, OVER];
const BLANKS: readonly number[] = [0x20, 0x09, 0x0d, 0x0a];

/**
 * Whether a connection that begins with these bytes speaks the tagged protocol, not the one of 2010: its first word
 * begins with a sign, twice. Undefined: that can't be told yet; there are blanks only, or one sign behind them.
 */
export function isTaggedStart(data: Uint8Array, length = data.length): boolean | undefined {
  let i = 0;
  while (i < length && BLANKS.includes(data[i] as number)) i++;
  if (i === length) return undefined;
  if (!SIGNS.includes(data[i] as number)) return false;
  return i + 1 === length ? undefined : data[i + 1] === data[i];
}
