import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ListenAddress } from '../../src/adapters/tcp/listen.js';

/** A folder for socket files, and how to be rid of it. */
export function temporaryFolder(): { readonly path: (name: string) => string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'msglite-'));
  return { path: (name) => join(folder, name), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A client that speaks in plain bytes. */
export class WireClient {
  received = '';
  closed = false;
  readonly #changed: (() => void)[] = [];

  private constructor(readonly socket: Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.received += text;
      this.#wake();
    });
    // What a broken connection says is seen as the end of what was received.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
  }

  static async connect(to: ListenAddress | string): Promise<WireClient> {
    const options =
      typeof to === 'string' ? { path: to } : 'path' in to ? { path: to.path } : { host: to.host, port: to.port };
    const socket = connect({ ...options, allowHalfOpen: true });
    await once(socket, 'connect');
    return new WireClient(socket);
  }

  say(text: string): void {
    this.socket.write(text, 'latin1');
  }

  end(text = ''): void {
    this.socket.end(text, 'latin1');
  }

  /** Waits until what was received is so. */
  async until(what: (received: string) => boolean): Promise<string> {
    while (!what(this.received)) {
      if (this.closed) throw new Error(`closed after ${JSON.stringify(this.received.slice(-200))}`);
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
    return this.received;
  }

  /** Says something and waits for exactly this answer, with nothing before it. */
  async expect(said: string, answer: string): Promise<void> {
    this.received = '';
    this.say(said);
    await this.until((received) => received.length >= answer.length);
    if (this.received !== answer)
      throw new Error(`${JSON.stringify(said)} was answered by ${JSON.stringify(this.received)}`);
  }

  /** All that came, once the broker has ended its side. */
  async all(): Promise<string> {
    if (!this.closed && !this.socket.readableEnded)
      await Promise.race([once(this.socket, 'end'), once(this.socket, 'close')]);
    return this.received;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    const closed = once(this.socket, 'close');
    this.socket.destroy();
    await closed;
  }

  #wake(): void {
    for (const wake of this.#changed.splice(0)) wake();
  }
}
