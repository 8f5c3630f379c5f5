import { isIP } from 'node:net';
import { Duplex } from 'node:stream';

/**
 * A connection as applications see it, though there is none: the client's address, whether it came by TLS, and the
 * methods of a socket that node:http and frameworks call.
 */
export abstract class StandInSocket extends Duplex {
  /** The web client's, as far as the proxy knows it. */
  readonly remoteAddress: string | undefined;
  readonly remoteFamily: string | undefined;
  /** Of TLS sockets: true. Otherwise it is not there. */
  readonly encrypted?: true;
  /** Milliseconds; 0: none. */
  timeout = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(remoteAddress: string | undefined, scheme: 'http' | 'https') {
    super({ readableHighWaterMark: 16 * 1024, writableHighWaterMark: 64 * 1024 });
    this.remoteAddress = remoteAddress;
    const family = isIP(remoteAddress ?? '');
    this.remoteFamily = family === 0 ? undefined : `IPv${family}`;
    if (scheme === 'https') this.encrypted = true;
  }

  /** Emits `timeout` after so many milliseconds in which nothing was read or written. */
  setTimeout(milliseconds: number, listener?: () => void): this {
    this.timeout = milliseconds;
    if (listener !== undefined) {
      if (milliseconds === 0) this.off('timeout', listener);
      else this.once('timeout', listener);
    }
    this.active();
    return this;
  }

  /** Something was read or written. */
  protected active(): void {
    clearTimeout(this.#timer);
    if (this.timeout > 0 && !this.destroyed) this.#timer = setTimeout(() => this.emit('timeout'), this.timeout);
  }

  /** Ends it when all is written. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    callback(error);
  }

  address(): Record<string, never> {
    return {};
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}
