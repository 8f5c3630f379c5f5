import type { OnReadOpts } from 'node:net';

/** Takes the first `length` bytes of `data`, lent for the call. */
export type Reader = (data: Buffer, length: number) => void;

/** Shared by all connections: what is read is used, or copied, before the next read. */
const BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** The option `onread` of a socket, without which it has a new 64 KiB buffer for each read. */
export function onread(reader: Reader): OnReadOpts {
  const callback = (length: number) => {
    reader(BUFFER, length);
    return true;
  };
  return { buffer: BUFFER, callback };
}
