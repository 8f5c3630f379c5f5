import type { IncomingMessage, ServerResponse } from 'node:http';
import { inject, injectable } from 'tsyringe';
import { Deadlines } from '../../domain/deadlines.js';
import type { Refusal } from '../../domain/errors.js';
import { Message } from '../../domain/message.js';
import type { Alarm, Clock } from '../../ports/clock.js';
import type { Delivery, Exchange, Receive, Receiver, Sender } from '../../ports/exchange.js';
import type { Ids } from '../../ports/ids.js';
import type { Log } from '../../ports/log.js';
import { CLOCK, EXCHANGE, IDS, LOG, TURN } from '../../ports/tokens.js';
import type { Turn } from '../../ports/turn.js';
import { announcedLength, Bodies, RETRY_AFTER, readBody } from './body.js';
import { Client, type ClientOwner } from './client.js';
import { messagesOf } from './messages.js';
import { Problem } from './problem.js';
import { OpenRequest, type RequestOwner } from './request.js';
import { HttpServer, type ServerOwner } from './server.js';
import { HTTP_LIMITS, HTTP_SETTINGS, type HttpLimits, type HttpSettings } from './settings.js';

export { HTTP_SETTINGS, type HttpSettings } from './settings.js';

/** Milliseconds for which the word that nobody waits any more waits to be heard itself. */
const CANCEL_TIMEOUT = 60_000;
/** Milliseconds a client has to close its side after we closed ours, and last answers have to leave when stopping. */
const LINGER = 2000;

/** Turns web requests into messages, and what is sent to their reply addresses into responses. */
@injectable()
export class HttpProxy implements Receiver, Sender, RequestOwner, ClientOwner, ServerOwner {
  /** Bytes of one answer that may wait for a slow client. */
  readonly maxHeld: number;
  readonly #limits: HttpLimits;
  readonly #server: HttpServer;
  readonly #bodies: Bodies;
  /** All replies come to labels of one mailbox. */
  readonly #mailbox: string;
  #receive: Receive | undefined;
  /** By label. */
  readonly #open = new Map<string, OpenRequest>();
  /** Requests that have no answer yet, and clients that are to close. */
  readonly #deadlines = new Deadlines<OpenRequest | Client>();
  readonly #alarm: Alarm;
  #unflushed: OpenRequest[] = [];
  readonly #flush = () => this.#flushHeads();
  /** From the call of `stop` on. */
  stopping = false;

  constructor(
    @inject(EXCHANGE) private readonly exchange: Exchange,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(TURN) private readonly turn: Turn,
    @inject(IDS) private readonly ids: Ids,
    @inject(LOG) private readonly log: Log,
    @inject(HTTP_SETTINGS) private readonly settings: HttpSettings,
  ) {
    this.#limits = { ...HTTP_LIMITS, ...settings.limits };
    this.maxHeld = this.#limits.held;
    this.#bodies = new Bodies(settings.maxBody, this.#limits.bodies);
    this.#mailbox = `~http-${ids.unguessable()}`;
    this.#alarm = clock.alarm(() => this.#ring());
    this.#server = new HttpServer(this.#limits, this);
  }

  /** Requests that are not answered yet. */
  get open(): number {
    return this.#open.size;
  }

  /** Web clients, idle ones included. */
  get connections(): number {
    return this.#server.clients.size;
  }

  /** @throws if its address can't be had */
  async start(): Promise<void> {
    await this.#server.listen(this.settings.listen);
    const wanted = { addresses: [this.#mailbox], timeout: Number.POSITIVE_INFINITY, count: Number.POSITIVE_INFINITY };
    this.#receive = this.exchange.receive(wanted, this);
    this.log.minimal('listening for HTTP', { on: this.settings.at });
  }

  /**
   * Takes no more connections, and no request after those it has. Resolves when all are answered and every connection
   * is closed, and handlers have been sent word; what has no answer by `deadline` (on the clock) gets a 503.
   */
  async stop(deadline: number): Promise<void> {
    this.stopping = true;
    const cut = this.clock.alarm(() => this.#server.destroy());
    const late = this.clock.alarm(() => {
      for (const open of this.#open.values()) open.fail(new Problem(503, 'the proxy is stopping', RETRY_AFTER));
      for (const client of this.#server.clients.values()) client.close();
      cut.set(deadline + LINGER);
    });
    late.set(deadline);
    await this.#server.close();
    for (const alarm of [late, cut, this.#alarm]) alarm.clear();
    // The last clients may have left handlers that are to hear of it.
    await new Promise<void>((done) => this.turn.resume(done));
    if (this.#receive !== undefined) this.exchange.withdraw(this.#receive);
  }

  // What the server says

  request(request: IncomingMessage, response: ServerResponse, client: Client, expectsContinue: boolean): void {
    if (client.closing) return;
    const length = announcedLength(request.rawHeaders);
    const problem = this.#problemWith(request, client, length);
    if (problem !== undefined) {
      request.resume();
      this.#refuse(client, problem, request);
      return;
    }
    const open = new OpenRequest(this.ids.unguessable(), request, response, client, this);
    this.#open.set(open.label, open);
    if (length === 0) {
      this.#send(open, '');
    } else {
      if (expectsContinue) response.writeContinue();
      readBody(open, this.#bodies, this.#send);
    }
  }

  unreadable({ request, client }: OpenRequest, problem: Problem): void {
    this.#refuse(client, problem, request);
  }

  clientFailed(client: Client, problem: Problem): void {
    if (client.closing) return;
    const { reading } = client;
    if (reading === undefined) this.#refuse(client, problem);
    else reading.fail(problem);
  }

  dropped(): void {
    this.log.info('connection refused', { limit: this.#limits.connections });
  }

  serverFailed({ message }: Error): void {
    this.log.minimal('cannot take a connection', { error: message });
  }

  // Requests

  #problemWith({ rawHeaders }: IncomingMessage, client: Client, length: number | undefined): Problem | undefined {
    const { headers, pipelined } = this.#limits;
    if (rawHeaders.length > 2 * headers) return new Problem(431, `a request may have at most ${headers} headers`);
    if (length !== undefined && length > this.#bodies.most) return this.#bodies.tooLong();
    if (client.unanswered.size < pipelined) return undefined;
    return new Problem(503, 'too many requests at once on this connection', RETRY_AFTER);
  }

  #refuse(client: Client, problem: Problem, request?: IncomingMessage): void {
    const { method, url } = request ?? {};
    if (this.log.infos) this.log.info('refused', { status: problem.status, why: problem.text, method, url });
    client.close(problem.toBytes(this.clock.wall(), method));
  }

  readonly #send = (open: OpenRequest, body: string) => {
    const { request, label } = open;
    const { method, url } = request;
    if (this.log.debugs) this.log.debug('request', { label, method, url, bytes: body.length });
    open.sent();
    open.due = this.clock.now() + this.settings.timeout;
    this.#await(open);
    const { messages, cancelAddr } = messagesOf(request, body, `${this.#mailbox}~${label}`, this.settings, this.ids);
    for (const message of messages) {
      this.exchange.send(message, this, label);
      if (open.isOver) return;
    }
    // Not before: a request that was refused has no handler.
    open.cancelAddr = cancelAddr;
  };

  // What the exchange says

  deliver(delivery: Delivery): void {
    const { to, body } = delivery.message;
    const open = this.#open.get(to.slice(this.#mailbox.length + 1));
    if (open !== undefined) {
      open.deliver(delivery);
      return;
    }
    this.settle(delivery);
    if (this.log.debugs) this.log.debug('answer that nobody waits for', { to, bytes: body.length });
  }

  expired(): void {
    // It waits for ever.
  }

  accepted(): void {
    // A handler's answer says more.
  }

  refused(label: string, { code, text }: Refusal): void {
    const open = this.#open.get(label);
    if (open === undefined) return;
    if (this.log.infos) this.log.info('refused', { label, code, text });
    const why = code === 'full' ? 'too many requests are waiting' : 'no request can be taken';
    open.fail(new Problem(503, why, RETRY_AFTER));
  }

  // What open requests and clients say

  settle(delivery: Delivery): void {
    this.exchange.settle(delivery);
  }

  answerBegun(open: OpenRequest): void {
    this.#deadlines.remove(open);
  }

  flushLater(open: OpenRequest): void {
    if (this.#unflushed.push(open) === 1) this.turn.flush(this.#flush);
  }

  handlerFailed({ label, request: { method, url } }: OpenRequest, why: string): void {
    this.log.minimal('handler failed', { why, label, method, url });
  }

  over(open: OpenRequest, inVain: boolean): void {
    this.#deadlines.remove(open);
    this.#open.delete(open.label);
    // An answer that began before we were to stop has promised to keep its connection.
    if (this.stopping && open.client.unanswered.size === 0) open.client.close();
    const { cancelAddr } = open;
    if (!inVain || cancelAddr === undefined) return;
    const message = new Message(cancelAddr, undefined, '', CANCEL_TIMEOUT);
    this.turn.resume(() => this.exchange.send(message, this, ''));
  }

  ended(client: Client): void {
    client.due = this.clock.now() + LINGER;
    this.#await(client);
  }

  gone(client: Client): void {
    this.#deadlines.remove(client);
    this.#server.forget(client);
  }

  // Time

  #await(item: OpenRequest | Client): void {
    this.#deadlines.add(item);
    this.#alarm.set(this.#deadlines.next);
  }

  #ring(): void {
    const now = this.clock.now();
    for (let item = this.#deadlines.passed(now); item !== undefined; item = this.#deadlines.passed(now)) item.late();
    this.#alarm.set(this.#deadlines.next);
  }

  #flushHeads(): void {
    for (const open of this.#unflushed.splice(0)) open.flush();
  }
}
