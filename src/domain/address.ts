import type { Ids } from '../ports/ids.js';

/** Longest address, in bytes. */
export const MAX_ADDRESS = 255;
/** Most addresses one receiver can wait on. */
export const MAX_ADDRESSES = 8;

const TILDE = 0x7e;

/** Whether this is 1 to 255 bytes without blanks or control characters. */
export function isAddress(text: string): boolean {
  if (text.length === 0 || text.length > MAX_ADDRESS) return false;
  for (let i = 0; i < text.length; i++) {
    const byte = text.charCodeAt(i);
    if (byte <= 0x20 || byte === 0x7f) return false;
  }
  return true;
}

/**
 * The queue an address belongs to: the mailbox, where the address is a label of one (`~proxy1~17` is in `~proxy1`),
 * otherwise the address itself.
 */
export function queueName(address: string): string {
  if (address.charCodeAt(0) !== TILDE) return address;
  const label = address.indexOf('~', 1);
  return label === -1 ? address : address.slice(0, label);
}

/** Whether one can wait on this address: on a label one can't, only on its mailbox. */
export function isReceivable(address: string): boolean {
  return queueName(address) === address;
}

/** What every reply address that the broker makes begins with. */
const REPLY = 'reply:';
/** What the addresses of dead letters begin with, unless their senders named others. */
const DEAD = 'dead:';

/** A fresh address that nobody can guess: who has it may send to it. */
export function replyAddress(ids: Ids): string {
  return ids.unguessable(REPLY);
}

export function isReplyAddress(address: string): boolean {
  return address.startsWith(REPLY);
}

/** Where a message goes when it is dead and its sender named no place. An address that would become too long is cut. */
export function deadAddress(address: string): string {
  return (DEAD + address).slice(0, MAX_ADDRESS);
}

/** Only the broker sends there. */
export function isDeadAddress(address: string): boolean {
  return address.startsWith(DEAD);
}
