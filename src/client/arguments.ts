import { MsgliteError } from './errors.js';

/** What programs pass in, turned into what goes on the wire, or refused. Wire text is one byte per character. */

const LONGEST_ADDRESS = 255;
const MOST_ADDRESSES = 8;
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** What a message can carry: text, which is sent as UTF-8, or bytes. */
export type BodyInput = string | Uint8Array;

/** @throws MsgliteError `bad-argument` */
export function wireAddress(address: string): string {
  if (typeof address !== 'string') throw bad(`an address is a string, not ${typeof address}`);
  const wire = Buffer.from(address).toString('latin1');
  if (wire.length === 0 || wire.length > LONGEST_ADDRESS || /[\u0000-\u0020\u007f]/.test(wire)) {
    throw bad(`${JSON.stringify(address)} is no address: 1 to ${LONGEST_ADDRESS} bytes without blanks`);
  }
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

/** @throws MsgliteError `bad-argument` */
export function wireTimeout(seconds: number): number {
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > LONGEST_TIMEOUT) {
    throw bad(`a timeout is whole seconds from 0 to ${LONGEST_TIMEOUT}, not ${seconds}`);
  }
  return seconds;
}

/** @throws MsgliteError `bad-argument` */
export function wireBody(body: BodyInput): string {
  if (typeof body === 'string') return Buffer.from(body).toString('latin1');
  if (!(body instanceof Uint8Array)) throw bad(`a body is a string or a Uint8Array, not ${typeof body}`);
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
}

/** Back from the wire. Addresses are taken for UTF-8. */
export function fromWire(text: string): string {
  return Buffer.from(text, 'latin1').toString();
}

function bad(message: string): MsgliteError {
  return new MsgliteError('bad-argument', message);
}
