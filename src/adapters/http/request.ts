import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Span, Timed } from '../../domain/deadlines.js';
import type { Delivery } from '../../ports/exchange.js';
import { parseReply } from './envelope.js';
import { judgeResponseHead, type ResponseHead } from './head.js';
import { Problem } from './problem.js';

/** Bytes of an answer that wait for a slow web client, at most. */
const MOST_HELD = 16 * 1024 * 1024;

/** Who keeps the open requests. */
export interface RequestOwner {
  /** The message was dealt with. */
  settle(delivery: Delivery): void;
  /** The first of the answer has come. */
  answerBegun(request: OpenRequest): void;
  /** The client went away before it had its answer. */
  clientGone(request: OpenRequest): void;
  /** Nothing more is to be done for it; called once. */
  over(request: OpenRequest): void;
  /** What was written has left, or never will; the last that is heard of it. */
  closed(request: OpenRequest): void;
  /** A handler did what makes no sense. */
  handlerFailed(request: OpenRequest, why: string): void;
}

/**
 * One web request, from its head to the end of its answer.
 *
 *     reading -> waiting -> answering -> over
 *
 * `reading`: its body comes; `waiting`: it was sent, and no answer has come; any state can go to `over`.
 */
export class OpenRequest implements Timed {
  #state: 'reading' | 'waiting' | 'answering' | 'over' = 'reading';
  #chunks: Buffer[] = [];
  #received = 0;
  /** Bytes of the answer still to come; undefined if only an empty message ends it. */
  #missing: number | undefined;
  #bodiless = false;
  /** Deliveries that wait until the client has taken what came before. */
  #held: Delivery[] = [];
  #heldBytes = 0;
  #blocked = false;

  /** For its owner: when it is answered with 504. */
  due = Number.POSITIVE_INFINITY;
  span: Span | undefined = undefined;
  slot = 0;
  /** Where its handler is told that the client has gone; undefined until it was sent, and in envelope 1. */
  cancelAddr: string | undefined;

  constructor(
    readonly label: string,
    readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly owner: RequestOwner,
  ) {
    response.on('close', () => this.#closed());
    response.on('drain', () => this.#drained());
  }

  /** The client is still there, and some handler may be at work for it. */
  get inProgress(): boolean {
    return this.#state === 'waiting' || this.#state === 'answering';
  }

  /** Its connection takes no other request after this. */
  isLast(): void {
    this.response.shouldKeepAlive = false;
  }

  /**
   * Reads the whole body.
   * @param done gets it, bytes as Latin-1, unless the request is over before
   */
  readBody(most: number, done: (body: string) => void): void {
    const { request } = this;
    request.on('data', (chunk: Buffer) => {
      this.#received += chunk.length;
      if (this.#received <= most) this.#chunks.push(chunk);
      else this.fail(new Problem(413, `a body has at most ${most} bytes`));
    });
    request.on('end', () => {
      if (this.#state !== 'reading') return;
      const chunks = this.#chunks;
      this.#chunks = [];
      done((chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString('latin1'));
    });
  }

  /** The handlers have it now. */
  sent(): void {
    if (this.#state === 'reading') this.#state = 'waiting';
  }

  /** A message to its reply address. */
  deliver(delivery: Delivery): void {
    if (this.#state === 'over') {
      this.owner.settle(delivery);
      return;
    }
    if (!this.#blocked) {
      this.#take(delivery);
      return;
    }
    this.#held.push(delivery);
    this.#heldBytes += delivery.message.body.length;
    if (this.#heldBytes > MOST_HELD) {
      this.owner.handlerFailed(this, 'sends faster than its client reads');
      this.response.destroy();
    }
  }

  /** Answers in place of a handler, or, if that has begun, breaks off. */
  fail(problem: Problem): void {
    if (this.#state === 'over') return;
    const { response, request } = this;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const complete = request.complete;
    this.#state = 'answering';
    // What is left of the body is not worth reading.
    const headers = complete ? problem.headers : [...problem.headers, 'Connection', 'close'];
    response.writeHead(problem.status, headers);
    response.end(request.method === 'HEAD' ? undefined : problem.body);
    this.#end();
  }

  #take(delivery: Delivery): void {
    const { body } = delivery.message;
    if (this.#state === 'answering') this.#piece(body);
    else this.#begin(body);
    if (this.#blocked) this.#held.push(delivery);
    else this.owner.settle(delivery);
  }

  #begin(message: string): void {
    const reply = parseReply(message);
    if (reply === undefined) return this.#senseless('expected a JSON array of a status and a list of headers');
    const head = judgeResponseHead(reply.head);
    if ('wrong' in head) return this.#senseless(head.wrong);
    if (head.bodiless && reply.rest !== '') return this.#senseless(`a body with status ${head.status}`);
    if (head.length !== undefined && reply.rest.length > head.length) {
      return this.#senseless(`${reply.rest.length} bytes of body, where Content-Length says ${head.length}`);
    }
    this.#state = 'answering';
    this.owner.answerBegun(this);
    this.#writeHead(head);
    if (reply.rest !== '' || this.#isComplete) this.#piece(reply.rest);
  }

  #senseless(why: string): void {
    this.owner.handlerFailed(this, why);
    this.fail(new Problem(502, 'the handler gave no valid answer'));
  }

  #writeHead(head: ResponseHead): void {
    this.#bodiless = head.bodiless || this.request.method === 'HEAD';
    this.#missing = this.#bodiless ? 0 : head.length;
    if (head.status === 205 && head.length === undefined) head.headers.push('Content-Length', '0');
    if (head.reason === undefined) this.response.writeHead(head.status, head.headers);
    else this.response.writeHead(head.status, head.reason, head.headers);
  }

  get #isComplete(): boolean {
    return this.#missing === 0;
  }

  /** An empty piece is the end. */
  #piece(bytes: string): void {
    const { response } = this;
    let rest = bytes;
    if (this.#missing !== undefined) {
      if (rest.length > this.#missing && !this.#bodiless) {
        this.owner.handlerFailed(this, 'sends more than its Content-Length says');
        rest = rest.slice(0, this.#missing);
      }
      this.#missing = Math.max(0, this.#missing - rest.length);
    }
    if (this.#isComplete || bytes === '') {
      this.#finish(this.#bodiless ? '' : rest);
    } else if (!response.write(rest, 'latin1')) {
      this.#blocked = true;
    }
  }

  #finish(rest: string): void {
    const { response } = this;
    if (this.#missing !== undefined && this.#missing > 0) {
      this.owner.handlerFailed(this, 'ends before the length that its Content-Length says');
      response.destroy();
    } else {
      response.end(rest, 'latin1');
    }
    this.#end();
  }

  #drained(): void {
    this.#blocked = false;
    // The first of them is written already.
    const [written, ...held] = this.#held.splice(0);
    this.#heldBytes = 0;
    if (written !== undefined) this.owner.settle(written);
    for (const delivery of held) this.deliver(delivery);
  }

  #closed(): void {
    if (this.inProgress) this.owner.clientGone(this);
    this.#end();
    this.owner.closed(this);
  }

  #end(): void {
    if (this.#state === 'over') return;
    this.owner.over(this);
    this.#state = 'over';
    this.#chunks = [];
    for (const delivery of this.#held.splice(0)) this.owner.settle(delivery);
  }
}
