import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
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
import { envelope1, envelope2, PIECE, type RequestHead } from './envelope.js';
import { clientProblem, Problem } from './problem.js';
import { OpenRequest, type RequestOwner } from './request.js';

export const HTTP_SETTINGS = Symbol('HttpSettings');

export interface HttpSettings {
  /** Makes the server listen where the proxy is to be. */
  readonly listen: (server: NetServer) => Promise<void>;
  /** Where that is, for the log. */
  readonly at: string;
  /** The message address that requests are sent to. */
  readonly to: string;
  readonly envelope: 1 | 2;
  /** Milliseconds in which an answer must begin. */
  readonly timeout: number;
  /** Bytes of a request's body. */
  readonly maxBody: number;
}

const MAX_HEAD = 16 * 1024;
const MAX_HEADERS = 100;
const MAX_CONNECTIONS = 10_000;
/** Milliseconds for a request's head, for all of a request, and between two requests; nginx keeps its own for 60 s. */
const HEAD_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 300_000;
const KEEP_ALIVE = 75_000;
/** Milliseconds between two looks for requests that are late. */
const SWEEP = 1000;
/** Milliseconds for which the word that a client has gone waits to be heard. */
const CANCEL_TIMEOUT = 60_000;
/** Milliseconds for the last answers to leave, when stopping. */
const LAST_WORDS = 1000;
/** Seconds after which a client refused for lack of room may try again. */
const RETRY_AFTER = 1;

const NO_ANSWER = new Problem(504, 'no handler answered in time');
const STOPPING = new Problem(503, 'the proxy is stopping', RETRY_AFTER);

/** Turns web requests into messages, and what is sent to their reply addresses into responses. */
@injectable()
export class HttpProxy implements Receiver, Sender, RequestOwner {
  readonly #server: Server;
  /** All replies come to labels of one mailbox. */
  readonly #mailbox: string;
  #receive: Receive | undefined;
  /** By label. */
  readonly #open = new Map<string, OpenRequest>();
  readonly #unanswered = new Deadlines<OpenRequest>();
  readonly #alarm: Alarm;
  #stopping = false;
  readonly #closeIdle = () => this.#server.closeIdleConnections();

  constructor(
    @inject(EXCHANGE) private readonly exchange: Exchange,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(TURN) private readonly turn: Turn,
    @inject(IDS) private readonly ids: Ids,
    @inject(LOG) private readonly log: Log,
    @inject(HTTP_SETTINGS) private readonly settings: HttpSettings,
  ) {
    this.#alarm = clock.alarm(() => this.#ring());
    this.#mailbox = `~http-${ids.unguessable()}`;
    this.#server = createServer({
      noDelay: true,
      maxHeaderSize: MAX_HEAD,
      headersTimeout: HEAD_TIMEOUT,
      requestTimeout: REQUEST_TIMEOUT,
      keepAliveTimeout: KEEP_ALIVE,
      connectionsCheckingInterval: SWEEP,
    });
    // One more than we take, so that we see that there were too many.
    this.#server.maxHeadersCount = MAX_HEADERS + 1;
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('request', (request, response) => this.#take(request, response));
    this.#server.on('checkContinue', (request, response) => this.#take(request, response, true));
    this.#server.on('connect', (_request, socket) => refuse(socket, new Problem(405, 'CONNECT is not possible here')));
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#clientError(error, socket));
  }

  /** Requests that are not answered yet. */
  get open(): number {
    return this.#open.size;
  }

  /** @throws if its address can't be had */
  async start(): Promise<void> {
    await this.settings.listen(this.#server);
    this.log.minimal('listening for HTTP', { on: this.settings.at });
    const wanted = { addresses: [this.#mailbox], timeout: Number.POSITIVE_INFINITY, count: Number.POSITIVE_INFINITY };
    this.#receive = this.exchange.receive(wanted, this);
  }

  /**
   * Takes no more connections and no more requests on those there are. Resolves when all are answered and closed; a
   * request that has no answer by `deadline` gets a 503.
   */
  async stop(deadline: number): Promise<void> {
    this.#stopping = true;
    for (const request of this.#open.values()) request.isLast();
    const late = this.clock.alarm(() => {
      for (const request of this.#open.values()) request.fail(STOPPING);
      cut.set(deadline + LAST_WORDS);
    });
    const cut = this.clock.alarm(() => this.#server.closeAllConnections());
    late.set(deadline);
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
    for (const alarm of [late, cut, this.#alarm]) alarm.clear();
    if (this.#receive !== undefined) this.exchange.withdraw(this.#receive);
  }

  // Requests

  #take(request: IncomingMessage, response: ServerResponse, expectsContinue = false): void {
    const open = new OpenRequest(this.ids.unguessable(), request, response, this);
    if (this.#stopping) open.isLast();
    this.#open.set(open.label, open);
    const length = Number(request.headers['content-length'] ?? 0);
    const problem = this.#problemWith(request, length);
    if (problem !== undefined) {
      open.fail(problem);
      return;
    }
    if (length === 0 && request.headers['transfer-encoding'] === undefined) {
      request.resume();
      this.#send(open, '');
      return;
    }
    if (expectsContinue) response.writeContinue();
    open.readBody(this.settings.maxBody, (body) => this.#send(open, body));
  }

  #problemWith(request: IncomingMessage, length: number): Problem | undefined {
    if (request.rawHeaders.length > 2 * MAX_HEADERS)
      return new Problem(431, `a request has at most ${MAX_HEADERS} headers`);
    if (length > this.settings.maxBody) return new Problem(413, `a body has at most ${this.settings.maxBody} bytes`);
    return undefined;
  }

  #send(open: OpenRequest, body: string): void {
    const { request } = open;
    const apart = this.settings.envelope === 1 || body.length > PIECE;
    const head: RequestHead = {
      method: request.method ?? '',
      url: request.url ?? '',
      protocol: `HTTP/${request.httpVersion}`,
      headers: request.rawHeaders,
      remoteAddr: request.socket.remoteAddress ?? '',
      bodyAddr: apart ? this.ids.unguessable() : undefined,
      cancelAddr: this.ids.unguessable(),
    };
    this.#await(open);
    if (this.settings.envelope === 1) {
      this.#sendPart(open, this.settings.to, envelope1(head));
    } else {
      open.cancelAddr = head.cancelAddr;
      this.#sendPart(open, this.settings.to, envelope2(head, apart ? '' : body));
    }
    if (head.bodyAddr !== undefined) this.#sendBody(open, head.bodyAddr, body);
    if (this.log.debugs)
      this.log.debug('request', { label: open.label, method: head.method, url: head.url, bytes: body.length });
  }

  /** In envelope 1 one message, however long; in envelope 2 pieces, and an empty message last. */
  #sendBody(open: OpenRequest, to: string, body: string): void {
    if (this.settings.envelope === 1) {
      this.#sendPart(open, to, body);
      return;
    }
    for (let start = 0; start < body.length; start += PIECE) this.#sendPart(open, to, body.slice(start, start + PIECE));
    this.#sendPart(open, to, '');
  }

  #sendPart(open: OpenRequest, to: string, body: string): void {
    const replyTo = to === this.settings.to ? `${this.#mailbox}~${open.label}` : undefined;
    if (this.#open.has(open.label))
      this.exchange.send(new Message(to, replyTo, body, this.settings.timeout), this, open.label);
  }

  #await(open: OpenRequest): void {
    open.sent();
    open.due = this.clock.now() + this.settings.timeout;
    this.#unanswered.add(open);
    this.#alarm.set(this.#unanswered.next);
  }

  #ring(): void {
    const now = this.clock.now();
    for (let open = this.#unanswered.passed(now); open !== undefined; open = this.#unanswered.passed(now)) {
      this.clientGone(open);
      open.fail(NO_ANSWER);
    }
    this.#alarm.set(this.#unanswered.next);
  }

  /** What node:http could not read. Nothing is written into an answer that has begun, or in place of one that is due. */
  #clientError({ code }: NodeJS.ErrnoException, socket: Duplex): void {
    const busy = [...this.#open.values()].some((open) => open.request.socket === socket && open.inProgress);
    if (busy || !socket.writable || code === 'ECONNRESET') socket.destroy();
    else refuse(socket, clientProblem(code));
  }

  // What the exchange says

  deliver(delivery: Delivery): void {
    const { to } = delivery.message;
    const open = this.#open.get(to.slice(this.#mailbox.length + 1));
    if (open !== undefined) {
      open.deliver(delivery);
      return;
    }
    this.settle(delivery);
    if (this.log.debugs) this.log.debug('reply to nobody', { to, bytes: delivery.message.body.length });
  }

  expired(): void {
    // It waits for ever.
  }

  accepted(): void {
    // A handler's answer says more.
  }

  refused(label: string, { code, text }: Refusal): void {
    this.#open.get(label)?.fail(new Problem(503, code === 'full' ? text : 'try again later', RETRY_AFTER));
  }

  // What open requests say

  settle(delivery: Delivery): void {
    this.exchange.settle(delivery);
  }

  answerBegun(request: OpenRequest): void {
    this.#unanswered.remove(request);
  }

  over(open: OpenRequest): void {
    this.#unanswered.remove(open);
    this.#open.delete(open.label);
  }

  clientGone({ cancelAddr }: OpenRequest): void {
    if (cancelAddr !== undefined) this.exchange.send(new Message(cancelAddr, undefined, '', CANCEL_TIMEOUT), this, '');
  }

  closed(): void {
    if (this.#stopping) this.turn.resume(this.#closeIdle);
  }

  handlerFailed({ request, label }: OpenRequest, why: string): void {
    this.log.minimal('handler failed', { why, label, method: request.method, url: request.url });
  }
}

function refuse(socket: Duplex, problem: Problem): void {
  socket.on('error', () => socket.destroy());
  socket.end(problem.toBytes(), () => socket.destroy());
}
