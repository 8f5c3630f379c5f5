import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WithHandle } from './handle.js';
import { PolledSocket } from './polled-socket.js';

/**
 * Where bytes go out. A stream makes a request object of each write, and a callback for the next tick, also where the
 * kernel takes all of it in the same moment, as it nearly always does. So what goes to a plain socket is offered to the
 * kernel first, past the stream. The stream gets what the kernel did not take, and meets, and tells, whatever went wrong.
 */
export class Sink {
  readonly #polled: PolledSocket | undefined;
  /** Any other. */
  readonly #socket: (Socket & WithHandle) | undefined;
  /** The descriptor; -1: not known yet. It is the socket's for as long as that is not destroyed. */
  #descriptor = -1;
  /** The stream was given something, and may not have written it. */
  #behind = false;

  constructor(private readonly stream: Duplex) {
    if (stream instanceof PolledSocket) this.#polled = stream;
    // Under TLS the descriptor is that of the bare connection.
    else if (stream instanceof Socket && !('encrypted' in stream)) this.#socket = stream;
  }

  /** Whether what is offered, or written to the stream, may still go out. */
  get isOpen(): boolean {
    return this.#polled === undefined ? !this.stream.destroyed : this.#polled.isOpen;
  }

  /** Whether the other side may read what is written, as far as the system knows: an empty write meets what is wrong. */
  get isHeard(): boolean {
    if (this.#polled !== undefined) return this.#polled.isHeard;
    if (!this.#isReady()) return !this.stream.destroyed;
    try {
      writeSync(this.#descriptor, '');
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Offers text, one byte per character. Not to be called after `end` of the stream.
   * @returns what is left of it, for the stream to write; usually empty
   */
  offer(text: string): string {
    // The getters of streams are not free: this one is asked only where the answer may be yes.
    if (this.#behind && this.stream.writableLength > 0) return text;
    const taken = this.#polled === undefined ? this.#write(text) : this.#polled.offer(text);
    this.#behind = taken < text.length;
    return this.#behind ? text.slice(taken) : '';
  }

  #write(text: string): number {
    if (!this.#isReady()) return 0;
    try {
      return writeSync(this.#descriptor, text, null, 'latin1');
    } catch {
      // It has no room, or the connection is broken: the stream finds that out, too.
      return 0;
    }
  }

  #isReady(): boolean {
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed) return false;
    if (this.#descriptor !== -1) return true;
    // What was written before it was connected is the stream's.
    if (socket.connecting || socket.writableLength > 0) return false;
    this.#descriptor = socket._handle?.fd ?? -1;
    return this.#descriptor !== -1;
  }
}
