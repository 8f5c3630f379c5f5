import type { IncomingMessage } from 'node:http';
import { inject, injectable } from 'tsyringe';
import type { Refusal } from '../../domain/errors.js';
import type { Clock } from '../../ports/clock.js';
import type { Delivery, Exchange, Receive, Receiver } from '../../ports/exchange.js';
import type { Ids } from '../../ports/ids.js';
import type { Log } from '../../ports/log.js';
import { CLOCK, EXCHANGE, IDS, LOG, TURN } from '../../ports/tokens.js';
import type { Turn } from '../../ports/turn.js';
import { Admission, type Admitted, type Rejected, TOO_MANY } from './admission.js';
import { RETRY_AFTER } from './body.js';
import { Cancels } from './cancels.js';
import { Dispatch, type DispatchOwner } from './dispatch.js';
import { Intake, type IntakeOwner } from './intake.js';
import { OpenRequests } from './open-requests.js';
import type { Outgoing } from './outgoing.js';
import type { PlainRequest } from './plain/reader.js';
import { Problem } from './problem.js';
import { type Asked, Refusals } from './refusals.js';
import { Replies } from './replies.js';
import { OpenRequest } from './request.js';
import type { RequestOwner } from './request-owner.js';
import { HttpServer, type ServerOwner } from './server.js';
import { HTTP_LIMITS, HTTP_SETTINGS, type HttpLimits, type HttpSettings } from './settings.js';
import { Untaken } from './untaken.js';
import { Waits } from './waits.js';
import type { WebClient, WebClientOwner } from './web-client.js';

export { HTTP_SETTINGS, type HttpSettings } from './settings.js';

/** Milliseconds a client has to close its side after we closed ours, and last answers have to leave when stopping. */
const LINGER = 2000;

const EVER = Number.POSITIVE_INFINITY;

/** What a broker's refusal means to a web client. */
const WHY: Partial<Record<Refusal['code'], string>> = { full: TOO_MANY, expired: 'no handler was free in time' };

/** Turns web requests into messages, and what is sent to their reply addresses into responses. */
@injectable()
export class HttpProxy implements Receiver, DispatchOwner, IntakeOwner, RequestOwner, WebClientOwner, ServerOwner {
  /** Bytes of one reply that may wait for a slow client. */
  readonly maxHeld: number;
  readonly replies = new Replies();
  /** It takes all that comes. */
  readonly slow = false;
  readonly #limits: HttpLimits;
  readonly #server: HttpServer;
  readonly #intake: Intake;
  readonly #untaken: Untaken;
  readonly #cancels: Cancels;
  readonly #dispatch: Dispatch;
  readonly #admission: Admission;
  #receive: Receive | undefined;
  readonly #open: OpenRequests;
  readonly #waits: Waits;
  readonly #refusals: Refusals;
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
    this.#waits = new Waits(clock);
    this.#intake = new Intake({ exchange, clock, turn, waits: this.#waits, settings, limits: this.#limits }, this);
    this.#admission = new Admission(this.#limits, this.#intake.bodies, settings.trust, settings.routes);
    this.#cancels = new Cancels(exchange, turn);
    this.#dispatch = new Dispatch({ exchange, turn, ids, settings, mostIds: this.#limits.ids }, this);
    this.#open = new OpenRequests(`~http-${ids.unguessable('')}`, turn);
    this.#untaken = new Untaken(this.#limits, clock, this.#waits, (_client, bytes) =>
      this.log.info('connection closed', { why: 'it takes too little of its answers', bytes }),
    );
    this.#refusals = new Refusals(clock, log);
    const parts = { clock, turn, limits: this.#limits, admission: this.#admission };
    this.#server = new HttpServer(parts, this, settings.accept);
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
    this.#receive = this.exchange.receive(
      { addresses: [this.#open.mailbox], timeout: EVER, count: EVER, lease: 0 },
      this,
    );
    this.log.minimal('listening for HTTP', { on: this.settings.at });
  }

  /**
   * Takes no more connections, and no request after those it has. Resolves when all are answered and every connection
   * is closed, and the handlers of those that left are told; what has no answer by `deadline` (on the clock) gets a 503.
   */
  async stop(deadline: number): Promise<void> {
    this.stopping = true;
    const cut = this.clock.alarm(() => {
      this.#server.destroy();
      this.#cancels.giveUp();
    });
    const late = this.clock.alarm(() => {
      for (const open of this.#open.all()) open.fail(new Problem(503, 'the proxy is stopping', RETRY_AFTER));
      for (const client of this.#server.clients.all()) client.close();
      cut.set(deadline + LINGER);
    });
    late.set(deadline);
    await this.#server.close();
    await this.#cancels.done();
    for (const alarm of [late, cut, this.#waits]) alarm.clear();
    if (this.#receive !== undefined) this.exchange.withdraw(this.#receive);
  }

  // What the server says

  request(request: IncomingMessage, response: Outgoing, client: WebClient, expectsContinue: boolean): void {
    if (client.closing) return;
    const judged = this.#admission.judge(request, client, this.clock.now());
    if ('problem' in judged) request.resume();
    const open = this.#let(judged, request, response, client);
    if (open?.head.length === 0) this.send(open, '');
    else if (open !== undefined) this.#intake.read(open, request, expectsContinue);
  }

  plainRequest({ head, passed, body }: PlainRequest, response: Outgoing, client: WebClient): void {
    const judged = this.#intake.admit(body, this.#admission.admit(head, client, this.clock.now(), passed));
    const open = this.#let(judged, head, response, client);
    if (open !== undefined) this.send(open, body);
  }

  #let(judged: Admitted | Rejected, asked: Asked, response: Outgoing, client: WebClient): OpenRequest | undefined {
    if ('problem' in judged) {
      this.#refusals.reject(judged, asked, response, client);
      return undefined;
    }
    const open = new OpenRequest(this.ids.unguessable(''), judged, response, client, this);
    this.#open.add(open);
    open.route.waiting++;
    return open;
  }

  unreadable({ head, client }: OpenRequest, problem: Problem): void {
    this.#refusals.refuse(client, problem, head);
  }

  clientFailed(client: WebClient, problem: Problem): void {
    if (client.closing) return;
    const { reading } = client;
    if (reading === undefined) this.#refusals.refuse(client, problem);
    else reading.fail(problem);
  }

  dropped(): void {
    this.log.info('connection refused', { limit: this.#limits.connections });
  }

  serverFailed({ message }: Error): void {
    this.log.minimal('cannot take a connection', { error: message });
  }

  // Requests

  send(open: OpenRequest, body: string | undefined): void {
    const { label } = open;
    const { method, url } = open.head;
    if (this.log.debugs) this.log.debug('request', { label, method, url, bytes: body?.length });
    open.sent();
    const now = this.clock.now();
    open.due = now + this.settings.timeout;
    this.#waits.add(open);
    this.#dispatch.send(open, body, this.#open.addressOf(label), now);
  }

  expect(open: OpenRequest): void {
    this.#dispatch.expect(open);
  }

  // What the exchange says

  deliver(delivery: Delivery): void {
    const { at, message } = delivery;
    const open = this.#open.at(at);
    if (open === undefined) {
      this.settle(delivery);
      if (this.log.debugs) this.log.debug('reply that nobody waits for', { to: at, bytes: message.body.length });
    } else if (at === message.to) {
      open.movedAt = this.clock.now();
      open.deliver(delivery);
    } else {
      // A request of ours, as a dead letter.
      this.settle(delivery);
      this.#dead(open);
    }
  }

  expired(): void {
    // It waits for ever.
  }

  lapsed(delivery: Delivery): void {
    this.#open.at(delivery.at)?.lapsed(delivery);
  }

  refusedRequest(open: OpenRequest, { code, text }: Refusal): void {
    if (this.log.infos) this.log.info('refused', { label: open.label, code, text });
    if (open.bodyAddr !== undefined) this.#cancels.drop(open.bodyAddr);
    if (code === 'body-too-large') open.fail(this.#intake.bodies.tooLong());
    else open.fail(new Problem(503, WHY[code] ?? 'no request can be taken', open.route.retryAfter(this.clock.now())));
  }

  /** Where a reply comes in the same moment, that is what its request died of: the handler is there. */
  #dead(open: OpenRequest): void {
    if (open.answering) open.dead();
    else if (open.waiting)
      this.turn.resume(() => {
        if (open.waiting) open.dead();
      });
  }

  requestOf(label: string): OpenRequest | undefined {
    return this.#open.labelled(label);
  }

  // What open requests and clients say

  settle(delivery: Delivery): void {
    this.exchange.settle(delivery);
  }

  held({ client }: OpenRequest, bytes: number): void {
    this.#untaken.add(client, bytes);
  }

  released({ client }: OpenRequest, bytes: number): void {
    this.#untaken.remove(client, bytes);
  }

  replyBegun(open: OpenRequest): void {
    this.#dispatch.replied(open);
    this.#waits.remove(open);
    open.route.waiting--;
    open.route.answered(open.movedAt);
    if (this.#limits.idle < EVER) this.awaitFrom(open, open.movedAt);
  }

  awaitFrom(open: OpenRequest, since: number): boolean {
    const due = since + (open.answering ? this.#limits.idle : this.settings.timeout);
    if (due <= this.clock.now()) return false;
    open.due = due;
    this.#waits.add(open);
    return true;
  }

  flushLater(open: OpenRequest): void {
    this.#open.flushLater(open);
  }

  handlerFailed({ label, head: { method, url } }: OpenRequest, why: string): void {
    this.log.minimal('handler failed', { why, label, method, url });
  }

  over(open: OpenRequest, inVain: boolean): void {
    this.#waits.remove(open);
    this.#open.remove(open);
    if (!open.begun) open.route.waiting--;
    // An answer that began before we were to stop has promised to keep its connection.
    if (this.stopping && open.client.unanswered === 0) open.client.close();
    const { label, route, cancelAddr, bodyAddr, recallable } = open;
    if (inVain) this.#cancels.add({ label, to: route.to, cancelAddr, bodyAddr, recallable });
    // A body without its end is of no use.
    if (open.upload?.sent === false && bodyAddr !== undefined) this.#cancels.drop(bodyAddr);
  }

  ended(client: WebClient): void {
    this.#waits.remove(client);
    client.due = this.clock.now() + LINGER;
    this.#waits.add(client);
  }

  gone(client: WebClient): void {
    this.#waits.remove(client);
    this.#untaken.forget(client);
    this.#server.forget(client);
  }
}
