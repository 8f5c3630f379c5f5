import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decoder } from '../../src/protocol/decoder.js';
import type { TaggedCommand } from '../../src/protocol/tagged/commands.js';
import { parseTagged } from '../../src/protocol/tagged/parse-command.js';

/** What a client said, and on which of its connections. */
export interface Heard {
  readonly command: TaggedCommand;
  /** The tag of it; empty where it has none. */
  readonly tag: string;
  readonly on: Socket;
  /** Number of the connection, from 1, in the order in which they came. */
  readonly connection: number;
  /** Says something on that connection, one byte per character. */
  say(text: string): void;
}

/** A broker that says only what a test tells it to. It answers hellos, and `.` and the end of a client's stream by closing. */
export class FakeBroker {
  readonly sockets: Socket[] = [];
  /** What it says of itself. */
  welcome = 'v=2 line=8192 body=16777216 journal=off';
  /** Whether it answers flushes itself, too. */
  flushes = true;
  /** Takes all that comes in place of `next`, where it returns true. */
  takes: (heard: Heard) => boolean = () => false;
  readonly #heard: Heard[] = [];
  #listener: ((heard: Heard) => void) | undefined;
  #server: Server;

  private constructor(private readonly folder: string) {
    this.#server = this.#make();
  }

  static async start(): Promise<FakeBroker> {
    const broker = new FakeBroker(await mkdtemp(join(tmpdir(), 'msglite-fake-')));
    await broker.#listen();
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

  /** What was said and not yet asked for. */
  get unheard(): number {
    return this.#heard.length;
  }

  /** The next command, in the order in which they came over all connections; no hellos, flushes and goodbyes. */
  next(): Promise<Heard> {
    const first = this.#heard.shift();
    if (first !== undefined) return Promise.resolve(first);
    return new Promise((resolve) => {
      this.#listener = resolve;
    });
  }

  /** The next so many. */
  async several(count: number): Promise<Heard[]> {
    const heard: Heard[] = [];
    while (heard.length < count) heard.push(await this.next());
    return heard;
  }

  /** Breaks every connection; new ones can be made. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Breaks every connection and takes no more. */
  async down(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }

  /** Takes connections again. */
  async up(): Promise<void> {
    this.#server = this.#make();
    await this.#listen();
  }

  async stop(): Promise<void> {
    if (this.#server.listening) await this.down();
    await rm(this.folder, { recursive: true });
  }

  #make(): Server {
    const server = createServer({ allowHalfOpen: true });
    server.on('connection', (socket) => this.#take(socket));
    return server;
  }

  #listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.path, resolve));
  }

  #take(socket: Socket): void {
    const connection = this.sockets.push(socket);
    const decoder = new Decoder<TaggedCommand>(parseTagged, { line: 8192, body: 1e9 });
    socket.on('data', (chunk: Buffer) => {
      decoder.push(chunk);
      for (let command = decoder.next(); command !== undefined; command = decoder.next()) {
        if (command.kind === 'refused') throw new Error(`the client said something wrong: ${command.text}`);
        const tag = 'tag' in command ? command.tag : '';
        const say = (text: string) => void socket.write(text, 'latin1');
        if (command.kind === 'goodbye') socket.end();
        else if (command.kind === 'hello' && (tag === '!' || this.flushes)) say(`++ ${tag} ${this.welcome}\r\n`);
        else this.#hear({ command, tag, on: socket, connection, say });
      }
    });
    socket.on('end', () => socket.end());
    // A client may go away at any time.
    socket.on('error', () => socket.destroy());
  }

  #hear(heard: Heard): void {
    if (this.takes(heard)) return;
    const listener = this.#listener;
    this.#listener = undefined;
    if (listener === undefined) this.#heard.push(heard);
    else listener(heard);
  }
}
