import { loadNative, type Native } from './native.js';

/** Sockets read at a time. */
const MANY = 64;
/** Bytes read from one of them. */
const PIECE = 64 * 1024;
/** From piece to piece. Were it a power of two, the beginnings of all would compete for the same lines of the processor's cache. */
const STRIDE = PIECE + 3 * 64;

/** Told when reading begins, and when all is read that came at once, which is the time to answer. */
export interface ReadTurn {
  begin(): void;
  end(): void;
}

/** A socket whose bytes the poller reads. */
export interface Polled {
  readonly turn: ReadTurn | undefined;
  /**
   * @param data lent for the call
   * @param length how many of its bytes were read; 0: the stream has ended; less: what is wrong, as -errno
   */
  arrived(data: Buffer, length: number): void;
}

/** Reads all sockets of this process that have something in one go, some times in a turn of the event loop. */
export class Poller {
  /** By descriptor. */
  readonly #sockets: (Polled | undefined)[] = [];
  readonly #pieces: Buffer[] = [];
  readonly #readings = new Int32Array(2 * MANY);

  /** @throws where the system does not let it */
  constructor(private readonly native: Native) {
    const memory = Buffer.allocUnsafeSlow(MANY * STRIDE);
    for (let i = 0; i < MANY; i++) this.#pieces.push(memory.subarray(i * STRIDE, i * STRIDE + PIECE));
    native.start(memory, PIECE, STRIDE, this.#readings, (count) => this.#ready(count));
  }

  /** @returns whether it is read from now on */
  watch(descriptor: number, socket: Polled): boolean {
    if (this.native.watch(descriptor) !== 0) return false;
    this.#sockets[descriptor] = socket;
    return true;
  }

  /** To be called before it is closed: the next socket may have the same descriptor. */
  unwatch(descriptor: number): void {
    this.native.unwatch(descriptor);
    this.#sockets[descriptor] = undefined;
  }

  /** See `Sink.isHeard`. */
  isHeard(descriptor: number): boolean {
    return this.native.write(descriptor, '') >= 0;
  }

  /** Writes a byte per character. @returns how many the kernel took; it has no room for more, or something is wrong */
  write(descriptor: number, text: string): number {
    return Math.max(0, this.native.write(descriptor, text));
  }

  #ready(count: number): void {
    const readings = this.#readings;
    let turn: ReadTurn | undefined;
    for (let i = 0; i < count; i++) {
      const socket = this.#sockets[readings[2 * i] as number];
      // What was read of one that is no longer watched is nobody's.
      if (socket === undefined) continue;
      if (socket.turn !== turn) {
        turn?.end();
        turn = socket.turn;
        turn?.begin();
      }
      socket.arrived(this.#pieces[i] as Buffer, readings[2 * i + 1] as number);
    }
    turn?.end();
  }
}

let ours: Poller | undefined;

/** It stands beside the event loop, of which there is one as well. @returns undefined where the native part was not built */
export function poller(): Poller | undefined {
  if (ours !== undefined) return ours;
  const native = loadNative();
  ours = native && new Poller(native);
  return ours;
}
