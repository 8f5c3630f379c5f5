import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** What native/poller.c offers; descriptors are of sockets that do not block. */
export interface Native {
  /**
   * To be called once, first.
   * @param memory for what is read: a piece for each of some sockets
   * @param piece bytes read from a socket at a time
   * @param stride bytes from one piece's beginning to the next one's
   * @param readings what was read: a descriptor and how many bytes, 0 at the stream's end, or what is wrong, as -errno; then the next
   * @param ready told how many there are. They stand until it returns
   * @throws where the system does not let it
   */
  start(memory: Buffer, piece: number, stride: number, readings: Int32Array, ready: (count: number) => void): void;
  /** Reads from it from now on, which keeps the process alive. @returns 0, or what is wrong, as -errno */
  watch(descriptor: number): number;
  /** To be called before it is closed. @returns 0, or what is wrong, as -errno */
  unwatch(descriptor: number): number;
  /** Writes a byte per character, 64 KiB at most. @returns how many the kernel took, or what is wrong, as -errno */
  write(descriptor: number, text: string): number;
}

const FILE = fileURLToPath(new URL('../../../build/Release/poller.node', import.meta.url));

/** @returns undefined where it was not built, or not for this Node.js */
export function loadNative(file = FILE): Native | undefined {
  try {
    return createRequire(import.meta.url)(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'MODULE_NOT_FOUND' || code === 'ERR_DLOPEN_FAILED') return undefined;
    throw error;
  }
}
