import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A socket's handle is not documented, but it is what `node:cluster` passes on; without it we write as everybody does. */
interface WithHandle {
  readonly _handle?: { readonly fd?: number } | null;
}

/**
 * Where bytes go out. A stream makes a request object of each write, and a callback for the next tick, also where the
 * kernel takes all of it in the same moment, as it nearly always does. So what goes to a plain socket is offered to the
 * kernel first, past the stream. The stream gets what the kernel did not take, and meets, and tells, whatever went wrong.
 */
export class Sink {
  readonly #socket: (Socket & WithHandle) | undefined;
  /** The descriptor; -1: not known yet. It is the socket's for as long as that is not destroyed. */
  #descriptor = -1;
  /** The stream was given something, and may not have written it. */
  #behind = false;

  constructor(stream: Duplex) {
    // Under TLS the descriptor is that of the bare connection.
    const isPlain = stream instanceof Socket && !('encrypted' in stream);
    this.#socket = isPlain ? (stream as Socket & WithHandle) : undefined;
  }

  /**
   * Offers text, one byte per character. Not to be called after `end` of the stream.
   * @returns what is left of it, for the stream to write; usually empty
   */
  offer(text: string): string {
    if (!this.#isReady()) return text;
    let taken = 0;
    try {
      taken = writeSync(this.#descriptor, text, null, 'latin1');
      if (taken === text.length) return '';
    } catch {
      // It has no room, or the connection is broken: the stream finds that out, too.
    }
    this.#behind = true;
    return text.slice(taken);
  }

  /** Getters of streams are not free: nothing is asked twice. */
  #isReady(): boolean {
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed) return false;
    if (this.#behind && socket.writableLength > 0) return false;
    this.#behind = false;
    if (this.#descriptor !== -1) return true;
    // What was written before it was connected is the stream's.
    if (socket.connecting || socket.writableLength > 0) return false;
    this.#descriptor = socket._handle?.fd ?? -1;
    return this.#descriptor !== -1;
  }
}
