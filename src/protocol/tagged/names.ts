import { isAddress } from '../../domain/address.js';

/** Longest tag, in bytes. */
export const MAX_TAG = 64;
/** Longest id a sender can give a message, in bytes. */
export const MAX_ID = 128;
/** Dead letters go there, and no client sends there itself. */
const DEAD = 'dead:';
const AT = 0x40;

/** Whether this is 1 to 64 bytes without blanks or control characters, not beginning with `@`. */
export function isTag(text: string): boolean {
  return isAddress(text) && text.length <= MAX_TAG && text.charCodeAt(0) !== AT;
}

/** Whether this can be a delivery's name. */
export function isDeliveryName(text: string): boolean {
  return isAddress(text) && text.length > 1 && text.charCodeAt(0) === AT;
}

/** Whether this is 1 to 128 bytes without blanks or control characters. */
export function isId(text: string): boolean {
  return isAddress(text) && text.length <= MAX_ID;
}

/** Whether this is an address, as the tagged protocol has them: without `=`, and not `-`. */
export function isTaggedAddress(text: string): boolean {
  return isAddress(text) && text !== '-' && !text.includes('=');
}

/** Whether clients may send to this address. */
export function isSendable(text: string): boolean {
  return isTaggedAddress(text) && !text.startsWith(DEAD);
}
