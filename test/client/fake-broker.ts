import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, parseCommand } from '../../src/protocol/commands.js';
import { Decoder } from '../../src/protocol/decoder.js';

/** What a client said, and on which of its connections. */
export interface Heard {
  readonly command: Command;
  readonly on: Socket;
  /** Number of the connection, from 1, in the order in which they came. */
  readonly connection: number;
}

/** A broker that says only what a test tells it to; it answers the end of a client's stream, and `.`, by closing. */
export class FakeBroker {
  readonly sockets: Socket[] = [];
  readonly #heard: Heard[] = [];
  #listener: ((heard: Heard) => void) | undefined;
  /** Called when a client has ended its side. */
  ended: (socket: Socket) => void = (socket) => socket.end();

  private constructor(
    private readonly server: Server,
    private readonly folder: string,
  ) {}

  static async start(): Promise<FakeBroker> {
    const folder = await mkdtemp(join(tmpdir(), 'msglite-fake-'));
    const server = createServer({ allowHalfOpen: true });
    const broker = new FakeBroker(server, folder);
    server.on('connection', (socket) => broker.#take(socket));
    await new Promise<void>((resolve) => server.listen(broker.path, resolve));
    return broker;
  }

  get path(): string {
    return join(this.folder, 'socket');
  }

  get address(): string {
    return `unix:${this.path}`;
  }

  /** Connections that are there now. */
  get open(): number {
    return this.sockets.filter((socket) => !socket.destroyed).length;
  }

  /** What was said and not yet asked for; it leaves goodbyes out. */
  get unheard(): number {
    return this.#heard.length;
  }

  /** The next command, in the order in which they came over all connections. */
  next(): Promise<Heard> {
    const first = this.#heard.shift();
    if (first !== undefined) return Promise.resolve(first);
    return new Promise((resolve) => {
      this.#listener = resolve;
    });
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
    await rm(this.folder, { recursive: true });
  }

  #take(socket: Socket): void {
    const connection = this.sockets.push(socket);
    const decoder = new Decoder(parseCommand, { line: 8192, body: 1e9 });
    socket.on('data', (chunk: Buffer) => {
      decoder.push(chunk);
      for (let command = decoder.next(); command !== undefined; command = decoder.next()) {
        if (command.kind === 'refused') throw new Error(`the client said something wrong: ${command.text}`);
        if (command.kind === 'goodbye') socket.end();
        else this.#hear({ command, on: socket, connection });
      }
    });
    socket.on('end', () => this.ended(socket));
    // A client may go away at any time.
    socket.on('error', () => socket.destroy());
  }

  #hear(heard: Heard): void {
    const listener = this.#listener;
    this.#listener = undefined;
    if (listener === undefined) this.#heard.push(heard);
    else listener(heard);
  }
}
