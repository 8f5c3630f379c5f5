import { Socket, type SocketConstructorOpts } from 'node:net';
import { getSystemErrorName } from 'node:util';
import type { Handle } from './handle.js';
import type { Reader } from './onread.js';
import type { Polled, Poller, ReadTurn } from './poller.js';

/**
 * A socket that the poller reads. Everything out of the ordinary is left to Node's stream: what the kernel has no room
 * for, the stream's end, and what goes wrong.
 *
 *     paused <-> watched
 *     any -> released                      the stream reads it, for good
 */
export class PolledSocket extends Socket implements Polled {
  #state: 'paused' | 'watched' | 'released' = 'paused';
  /** -1: destroyed. Another socket may have the same since. */
  #descriptor: number;

  constructor(
    handle: Handle,
    private readonly poller: Poller,
    private readonly reader: Reader,
    readonly turn: ReadTurn | undefined,
  ) {
    super({ handle, allowHalfOpen: true, pauseOnCreate: true } as SocketConstructorOpts);
    this.#descriptor = handle.fd;
  }

  get isOpen(): boolean {
    return this.#descriptor !== -1;
  }

  /** See `Sink.isHeard`. */
  get isHeard(): boolean {
    return this.#descriptor !== -1 && this.poller.isHeard(this.#descriptor);
  }

  /** Writes a byte per character, past the stream. @returns how many the kernel took */
  offer(text: string): number {
    return this.#descriptor === -1 ? 0 : this.poller.write(this.#descriptor, text);
  }

  /** From now on what comes is for those who listen to the stream, which is paused. */
  release(): void {
    this.pause();
    this.#state = 'released';
  }

  arrived(data: Buffer, length: number): void {
    if (length > 0) {
      this.reader(data, length);
    } else if (length === 0) {
      // The stream meets the end once more, and tells.
      this.release();
      super.resume();
    } else {
      this.destroy(readError(length));
    }
  }

  override resume(): this {
    if (this.#state === 'released') return super.resume();
    if (this.#state === 'watched' || this.#descriptor === -1) return this;
    if (this.poller.watch(this.#descriptor, this)) {
      this.#state = 'watched';
      return this;
    }
    this.#state = 'released';
    this.on('data', (chunk: Buffer) => this.reader(chunk, chunk.length));
    return super.resume();
  }

  override pause(): this {
    if (this.#state === 'released') return super.pause();
    this.#unwatch();
    return this;
  }

  override isPaused(): boolean {
    return this.#state === 'released' ? super.isPaused() : this.#state === 'paused';
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#unwatch();
    this.#descriptor = -1;
    super._destroy(error, done);
  }

  #unwatch(): void {
    if (this.#state !== 'watched') return;
    this.#state = 'paused';
    this.poller.unwatch(this.#descriptor);
  }
}

function readError(errno: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(`read ${code}`), { errno, code, syscall: 'read' });
}
