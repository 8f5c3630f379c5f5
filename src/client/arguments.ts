import { MsgliteError } from './errors.js';

/** What programs pass in, turned into what goes on the wire, or refused. Wire text is one byte per character. */

const LONGEST_ADDRESS = 255;
const MOST_ADDRESSES = 8;
const LONGEST_SECONDS = 999_999_999;
const LONGEST_ID = 128;

/** What a message can carry: text, which is sent as UTF-8, or bytes. */
export type BodyInput = string | Uint8Array;

/** @throws MsgliteError `bad-argument` */
export function wireAddress(address: string): string {
  if (typeof address !== 'string') throw bad(`an address is a string, not ${typeof address}`);
  const wire = toWire(address);
  if (wire.length === 0 || wire.length > LONGEST_ADDRESS || /[\u0000-\u0020\u007f]/.test(wire)) {
    throw bad(`${JSON.stringify(address)} is no address: 1 to ${LONGEST_ADDRESS} bytes without blanks`);
  }
  if (wire === '-' || wire.includes('='))
    throw bad(`${JSON.stringify(address)} is no address: it has a "=", or is "-"`);
  return wire;
}

/** @throws MsgliteError `bad-argument` */
export function wireAddresses(addresses: string | readonly string[]): string[] {
  const list = typeof addresses === 'string' ? [addresses] : addresses;
  if (list.length === 0 || list.length > MOST_ADDRESSES) {
    throw bad(`one can be ready on 1 to ${MOST_ADDRESSES} addresses, not on ${list.length}`);
  }
  return list.map(wireAddress);
}

/**
 * Milliseconds.
 * @param least milliseconds
 * @throws MsgliteError `bad-argument`
 */
export function wireSeconds(what: string, seconds: number, least = 0): number {
  const milliseconds = Math.round(seconds * 1000);
  if (typeof seconds === 'number' && milliseconds >= least && seconds <= LONGEST_SECONDS) return milliseconds;
  throw bad(`${what} is seconds from ${least / 1000} to ${LONGEST_SECONDS}, not ${seconds}`);
}

/** @throws MsgliteError `bad-argument` */
export function wireCount(what: string, count: number): number {
  if (count === Number.POSITIVE_INFINITY || (Number.isSafeInteger(count) && count >= 1)) return count;
  throw bad(`${what} is a whole number of at least 1, not ${count}`);
}

/** @throws MsgliteError `bad-argument` */
export function wireId(id: string): string {
  const wire = toWire(id);
  if (wire.length > 0 && wire.length <= LONGEST_ID && !/[\u0000-\u0020\u007f]/.test(wire)) return wire;
  throw bad(`${JSON.stringify(id)} is no id: 1 to ${LONGEST_ID} bytes without blanks`);
}

/** @throws MsgliteError `bad-argument` */
export function wireBody(body: BodyInput): string {
  if (typeof body === 'string') return toWire(body);
  if (!(body instanceof Uint8Array)) throw bad(`a body is a string or a Uint8Array, not ${typeof body}`);
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
}

/** Back from the wire. What is no UTF-8 is shown as well as it can be. */
export function fromWire(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'latin1').toString();
}

/** Text as UTF-8, one byte per character. */
export function toWire(text: string): string {
  return isAscii(text) ? text : Buffer.from(text).toString('latin1');
}

/** For who finds that something can not be said. */
export function bad(message: string): MsgliteError {
  return new MsgliteError('bad-argument', message);
}

function isAscii(text: string): boolean {
  return !/[^\u0000-\u007f]/.test(text);
}
