import { once } from 'node:events';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { after, before, describe } from 'mocha';
import { SystemTurn } from '../../../src/adapters/clock/turn.js';
import { HttpProxy } from '../../../src/adapters/http/proxy.js';
import { defaultRoute } from '../../../src/adapters/http/routes.js';
import type { HttpSettings } from '../../../src/adapters/http/settings.js';
import { MemoryJournal } from '../../../src/adapters/journal/memory/journal.js';
import { LocalExchange } from '../../../src/domain/exchange.js';
import type { QueueLimits } from '../../../src/domain/limits.js';
import { Message } from '../../../src/domain/message.js';
import type { Delivery, Exchange, Receive, Receiver } from '../../../src/ports/exchange.js';
import { type Accept, acceptor, readOneByOne } from '../../../src/sockets/accept.js';
import { poller } from '../../../src/sockets/poller.js';
import { ManualClock } from '../../support/clock.js';
import { eventually } from '../../support/eventually.js';
import { NO_LIMITS, Teller } from '../../support/exchange.js';
import { CountingIds } from '../../support/ids.js';
import { MemoryLog } from '../../support/log.js';

/** A request as its handler got it, and the way to answer. */
export class Asked {
  constructor(
    readonly message: Message,
    private readonly exchange: Exchange,
  ) {}

  /** The JSON, read. */
  get head(): Record<string, unknown> {
    return JSON.parse(this.message.body.split('\n', 1)[0] as string);
  }

  /** Its headers, without those that say whom it is passed on for. */
  get headers(): string[] {
    const headers = this.head.headers as string[];
    return headers.slice(0, headers.indexOf('X-Forwarded-For'));
  }

  /** What follows the first line. */
  get body(): string {
    return this.message.body.slice(this.message.body.indexOf('\n') + 1);
  }

  get replyTo(): string {
    return this.message.replyTo ?? '';
  }

  get label(): string {
    return this.replyTo.slice(this.replyTo.indexOf('~', 1) + 1);
  }

  /** One message per piece. */
  answer(...pieces: string[]): void {
    const sender = new Teller();
    for (const piece of pieces) this.exchange.send(new Message(this.replyTo, undefined, piece, 60_000), sender, '');
  }
}

/** Takes every message on one address, and hands them out one by one. */
export class Listener implements Receiver {
  readonly #came: Message[] = [];
  #wake: () => void = () => undefined;

  constructor(
    private readonly exchange: Exchange,
    address: string,
  ) {
    const forEver = Number.POSITIVE_INFINITY;
    exchange.receive({ addresses: [address], timeout: forEver, count: forEver, lease: 0 }, this);
  }

  readonly slow = false;

  deliver(delivery: Delivery): void {
    this.#came.push(delivery.message);
    this.exchange.settle(delivery);
    this.#wake();
  }

  expired(): void {
    throw new Error('it waits for ever');
  }

  lapsed(): void {
    throw new Error('it leases nothing');
  }

  /** Messages that came and were not handed out. */
  get waiting(): number {
    return this.#came.length;
  }

  async next(): Promise<Message> {
    while (this.#came.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#came.shift() as Message;
  }
}

/** A handler that holds what it gets under leases. */
export class Leaser implements Receiver {
  readonly slow = false;
  readonly held: Delivery[] = [];
  readonly #receive: Receive;

  constructor(
    private readonly exchange: Exchange,
    address: string,
  ) {
    const forEver = Number.POSITIVE_INFINITY;
    this.#receive = exchange.receive({ addresses: [address], timeout: forEver, count: forEver, lease: 30_000 }, this);
  }

  deliver(delivery: Delivery): void {
    this.held.push(delivery);
    this.exchange.keep(delivery, delivery.lease);
  }

  expired(): void {
    throw new Error('it waits for ever');
  }

  lapsed(): void {
    // What becomes of it is for the test to see.
  }

  /** As when its connection breaks. */
  die(): void {
    this.exchange.withdraw(this.#receive);
    for (const delivery of this.held.splice(0)) this.exchange.giveBack(delivery, 0);
  }
}

/** A web client that says what the test says, byte by byte. */
export class RawClient {
  #received = '';
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  #wake: () => void = () => undefined;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1' });
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.on('data', (chunk) => {
      this.#received += chunk.toString('latin1');
      this.#wake();
    });
    this.socket.on('error', () => undefined);
    void this.closed.then(() => this.#wake());
  }

  write(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Breaks the connection, so that the proxy sees it at once. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Everything so far, once that ends with `end`. What was returned is not returned again. */
  async until(end: string): Promise<string> {
    while (!this.#received.endsWith(end)) {
      if (this.socket.destroyed) throw new Error(`closed, after ${JSON.stringify(this.#received)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const text = this.#received;
    this.#received = '';
    return text;
  }

  /** All that is left until the proxy closes. */
  async rest(): Promise<string> {
    await this.closed;
    return this.#received;
  }
}

/** Who may read requests; undefined: node:http reads all. */
const WAYS: readonly (readonly [string, Accept | undefined])[] = [
  ['us where they are plain', acceptor(poller())],
  ['us where they are plain, one connection at a time', readOneByOne],
  ['node:http', undefined],
];

/** A suite for all who read requests. */
export function allWays(what: string, suite: () => void): void {
  for (const [who, accept] of WAYS) {
    describe(`${what}, read by ${who}`, () => {
      before(() => {
        HttpWorld.accept = accept;
      });
      after(() => {
        HttpWorld.accept = WAYS[0]?.[1];
      });
      suite();
    });
  }
}

export interface WorldOptions {
  readonly settings?: Partial<HttpSettings>;
  readonly queues?: Partial<QueueLimits>;
}

const BOUNDS = { memory: Number.POSITIVE_INFINITY, ids: 1000, deadLifetime: 600_000 };

/** A proxy on a real port in front of a real exchange, with time in the hands of the test. */
export class HttpWorld {
  readonly clock = new ManualClock();
  readonly log = new MemoryLog();
  readonly exchange: LocalExchange;
  readonly proxy: HttpProxy;
  readonly #clients: RawClient[] = [];
  #handler: Listener | undefined;
  port = 0;

  constructor({ settings = {}, queues = {} }: WorldOptions) {
    const turn = new SystemTurn();
    this.exchange = new LocalExchange({
      clock: this.clock,
      turn,
      ids: new CountingIds('x-'),
      journal: new MemoryJournal(),
      limits: { ...NO_LIMITS, ...BOUNDS, ...queues },
      journalFailed: (cause) => {
        throw cause;
      },
    });
    const all: HttpSettings = {
      listen: (server) => this.#listen(server),
      at: 'tcp:127.0.0.1:0',
      routes: [defaultRoute('web')],
      queueTimeout: undefined,
      envelope: 2,
      timeout: 180_000,
      maxBody: 1_000_000,
      redeliver: 'idempotent',
      trust: [],
      accept: HttpWorld.accept,
      ...settings,
    };
    this.proxy = new HttpProxy(this.exchange, this.clock, turn, new CountingIds(), this.log, all);
  }

  /** How the worlds that are made read plain requests; undefined: node:http reads them. */
  static accept = WAYS[0]?.[1];

  static async start(options: WorldOptions = {}): Promise<HttpWorld> {
    const world = new HttpWorld(options);
    await world.proxy.start();
    return world;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.socket.destroy();
    const stopped = this.proxy.stop(this.clock.now());
    this.clock.advance(10_000);
    await stopped;
  }

  /** The next request, taken by a handler that is there from the first call on. */
  async asked(): Promise<Asked> {
    this.#handler ??= new Listener(this.exchange, 'web');
    return new Asked(await this.#handler.next(), this.exchange);
  }

  /** The same of a handler that leases: what it holds is not waited for longer than the test has patience. */
  async leased(handler: Leaser): Promise<Asked> {
    await eventually(() => handler.held.length > 0);
    return new Asked((handler.held.at(-1) as Delivery).message, this.exchange);
  }

  leaser(): Leaser {
    return new Leaser(this.exchange, 'web');
  }

  listener(address: unknown): Listener {
    return new Listener(this.exchange, String(address));
  }

  client(text = ''): RawClient {
    const client = new RawClient(this.port);
    this.#clients.push(client);
    client.write(text);
    return client;
  }

  /** Lets time pass, and the event loop turn, until it holds. */
  async passing(holds: () => boolean): Promise<void> {
    for (let i = 0; !holds(); i++) {
      if (i % 100 === 99) this.clock.advance(300);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** The texts of what was logged at a level, with why. */
  logged(level: 'minimal' | 'info'): string[] {
    const lines = this.log.lines.filter((line) => line.level === level && line.text !== 'listening for HTTP');
    return lines.map(({ text, fields }) => `${text}: ${fields.why ?? fields.error ?? fields.code}`);
  }

  async #listen(server: Server): Promise<void> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
  }
}

/** Without its Date, which must be there. */
export function undated(response: string): string {
  if (!/\r\nDate: [^\r]+ GMT\r\n/.test(response)) throw new Error(`no Date in ${JSON.stringify(response)}`);
  return response.replace(/\r\nDate: [^\r]+/g, '');
}
