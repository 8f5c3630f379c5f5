import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';

/** The protocol by hand, with nothing of ours in between: what is sent and what comes, as text of bytes. */
export class LineClient {
  #received = '';
  #over = false;
  #wake: () => void = () => undefined;
  readonly #socket: Socket;
  readonly closed: Promise<unknown>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1').on('data', (text: string) => {
      this.#received += text;
      this.#wake();
    });
    socket.on('close', () => {
      this.#over = true;
      this.#wake();
    });
    // A connection that breaks is seen as closed.
    socket.on('error', () => socket.destroy());
    this.closed = once(socket, 'close');
  }

  static async connect(to: NetConnectOpts): Promise<LineClient> {
    const socket = connect(to);
    await once(socket, 'connect');
    return new LineClient(socket);
  }

  get received(): string {
    return this.#received;
  }

  /** Resolves when the kernel has it. */
  async send(text: string): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.write(text, 'latin1', () => resolve()));
  }

  /** Resolves when so much has come; takes it off. */
  async take(length: number): Promise<string> {
    while (this.#received.length < length) await this.#more();
    return this.#cut(length);
  }

  /** The next line, without its end; takes it off. */
  async line(): Promise<string> {
    while (!this.#received.includes('\r\n')) await this.#more();
    return this.#cut(this.#received.indexOf('\r\n') + 2).slice(0, -2);
  }

  /** The next message: its line's words and its body. */
  async message(): Promise<{ words: string[]; body: string }> {
    const words = (await this.line()).split(' ');
    const length = Number(words[1]);
    return { words, body: length === 0 ? '' : (await this.take(length + 2)).slice(0, -2) };
  }

  /** Ends our side. */
  end(): void {
    this.#socket.end();
  }

  async close(): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }

  #cut(length: number): string {
    const text = this.#received.slice(0, length);
    this.#received = this.#received.slice(length);
    return text;
  }

  async #more(): Promise<void> {
    if (this.#over) throw new Error(`the connection closed after ${JSON.stringify(this.#received)}`);
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}
