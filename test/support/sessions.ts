import { Session } from '../../src/adapters/tcp/session.js';
import type { SessionOwner } from '../../src/adapters/tcp/session-parts.js';
import type { Refusal } from '../../src/domain/errors.js';
import { FakeSocket } from './duplex.js';
import { World, type WorldOptions } from './exchange.js';
import { MemoryLog } from './log.js';

const LIMITS = { line: 8192, body: 16 * 1024 * 1024 };

/** As `accept` does it: all connections read into one buffer. */
const SHARED = Buffer.alloc(64 * 1024);

/** Sessions over sockets that are none, and an exchange in the test's hands. */
export class Sessions implements SessionOwner {
  readonly world: World;
  readonly log = new MemoryLog();
  readonly events: string[] = [];
  readonly refusals: Refusal[] = [];
  #numbered = 0;

  constructor(options: WorldOptions = {}) {
    this.world = new World(options);
  }

  connect(limits = LIMITS): FakeClient {
    const socket = new FakeSocket();
    const { exchange, turn } = this.world;
    const parts = { exchange, turn, log: this.log, limits, owner: this };
    return new FakeClient(socket, new Session(++this.#numbered, socket, parts), this.world);
  }

  closed({ number }: Session): void {
    this.events.push(`${number} closed`);
  }

  ended({ number }: Session): void {
    this.events.push(`${number} ended`);
  }

  refused(_session: Session, refusal: Refusal): void {
    this.refusals.push(refusal);
  }

  blocked({ number }: Session): void {
    this.events.push(`${number} blocked`);
  }

  quiet(): void {
    // Only a server that stops waits for it.
  }

  unblocked({ number }: Session): void {
    this.events.push(`${number} unblocked`);
  }
}

/** The other end of such a session. */
export class FakeClient {
  constructor(
    readonly socket: FakeSocket,
    readonly session: Session,
    private readonly world: World,
  ) {}

  /** Says something within a turn that goes on. */
  say(text: string): void {
    for (let at = 0; at < text.length; at += SHARED.length) {
      const length = SHARED.write(text.slice(at, at + SHARED.length), 'latin1');
      this.session.bytes(SHARED, length);
      SHARED.fill(0x2e);
    }
  }

  /** Says something, and the turn ends. */
  async tell(text: string): Promise<void> {
    this.say(text);
    await this.settled();
  }

  /** Ends the client's side. */
  async end(): Promise<void> {
    this.socket.push(null);
    this.socket.resume();
    await this.settled();
  }

  async break(): Promise<void> {
    const closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.break();
    await closed;
    this.world.turn.end();
  }

  /** Lets turns end until the stream has called back all it has to say. */
  async settled(): Promise<void> {
    for (let i = 0; i < 4; i++) {
      this.world.turn.end();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  get received(): string {
    return this.socket.received;
  }

  get ended(): boolean {
    return this.socket.writableEnded;
  }
}
