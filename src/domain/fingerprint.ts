import type { Message } from './message.js';

/**
 * 53 bits of a message's reply address and body, at least 1: tells a message that is sent again from another one with the
 * same id. It guards against mistakes, not against who wants to be mistaken.
 *
 * Two 32-bit multiplicative hashes with different constants side by side (after FNV-1a, G. Fowler, L. Noll, P. Vo). It is
 * kept in journals: it must not change.
 */
export function fingerprint({ replyTo = '', body }: Message): number {
  let low = 0x811c9dc5;
  let high = 0x2545f491;
  for (const text of [replyTo, '\n', body]) {
    for (let i = 0; i < text.length; i++) {
      const byte = text.charCodeAt(i);
      low = Math.imul(low ^ byte, 0x01000193);
      high = Math.imul(high ^ byte, 0x5bd1e995);
      high ^= high >>> 13;
    }
  }
  return (high & 0x1fffff) * 2 ** 32 + (low >>> 0) || 1;
}
