import { EVERYTHING } from '../../src/adapters/access/everything.js';
import { OpenAccess } from '../../src/adapters/access/open.js';
import { Newcomer } from '../../src/adapters/tcp/newcomer.js';
import { Session } from '../../src/adapters/tcp/session.js';
import type { Connection, SessionOwner, SessionParts } from '../../src/adapters/tcp/session-parts.js';
import { TaggedSession } from '../../src/adapters/tcp/tagged-session.js';
import type { Refusal } from '../../src/domain/errors.js';
import type { Access, Rights } from '../../src/ports/access.js';
import { FakeSocket } from './duplex.js';
import { World, type WorldOptions } from './exchange.js';
import { CountingIds } from './ids.js';
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

  constructor(
    options: WorldOptions = {},
    private readonly access: Access = new OpenAccess(),
  ) {
    this.world = new World(options);
  }

  parts(limits = LIMITS): SessionParts {
    const { exchange, turn } = this.world;
    const ids = new CountingIds();
    const { access, log } = this;
    return { exchange, access, turn, ids, log, limits, journal: 'off', owner: this };
  }

  /** One that speaks the protocol of 2010. */
  connect(limits = LIMITS): FakeClient {
    const socket = new FakeSocket();
    return new FakeClient(socket, new Session(++this.#numbered, socket, this.parts(limits), EVERYTHING), this.world);
  }

  /** One that speaks the tagged protocol. */
  connectTagged(limits = LIMITS, rights: Rights | undefined = this.access.withoutToken('tcp')): FakeClient {
    const socket = new FakeSocket();
    return new FakeClient(socket, new TaggedSession(++this.#numbered, socket, this.parts(limits), rights), this.world);
  }

  /** One that has to decide. */
  connectUndecided(rights: Rights | undefined = this.access.withoutToken('tcp')): FakeClient {
    const socket = new FakeSocket();
    const decided = ({ number }: Newcomer, tagged: boolean): Connection => {
      client.session = tagged
        ? new TaggedSession(number, socket, this.parts(), rights)
        : new Session(number, socket, this.parts(), rights ?? EVERYTHING);
      return client.session;
    };
    const newcomer = new Newcomer(++this.#numbered, socket, rights, this, decided);
    const client = new FakeClient(socket, newcomer, this.world);
    return client;
  }

  closed({ number }: Connection): void {
    this.events.push(`${number} closed`);
  }

  ended({ number }: Connection): void {
    this.events.push(`${number} ended`);
  }

  refused(_connection: Connection, refusal: Refusal): void {
    this.refusals.push(refusal);
  }

  blocked({ number }: Connection): void {
    this.events.push(`${number} blocked`);
  }

  quiet(): void {
    // Only a server that stops waits for it.
  }

  unblocked({ number }: Connection): void {
    this.events.push(`${number} unblocked`);
  }

  known({ number, rights }: Connection): void {
    this.events.push(`${number} is ${rights?.name}`);
  }

  mayIdle({ number }: Connection, milliseconds: number): void {
    this.events.push(`${number} may idle ${milliseconds}`);
  }
}

/** The other end of such a session. */
export class FakeClient {
  constructor(
    readonly socket: FakeSocket,
    public session: Connection,
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

  /** What came since this was asked last. */
  heard(): string {
    const { received } = this.socket;
    this.socket.received = '';
    return received;
  }

  get ended(): boolean {
    return this.socket.writableEnded;
  }
}
