import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Span, Timed } from '../../domain/deadlines.js';
import type { Delivery } from '../../ports/exchange.js';
import type { Client, Unanswered } from './client.js';
import { judgeResponseHead } from './head.js';
import { Problem } from './problem.js';
import { parseReply } from './reply.js';
import { Response, type Written } from './response.js';

/** Who keeps the open requests. */
export interface RequestOwner {
  /** No request is to follow on the connections there are. */
  readonly stopping: boolean;
  /** Bytes that may wait for a slow client. */
  readonly maxHeld: number;
  settle(delivery: Delivery): void;
  /** The request can't be carried on; its connection is to be closed with these words. */
  unreadable(request: OpenRequest, problem: Problem): void;
  /** The first of the answer has come. */
  answerBegun(request: OpenRequest): void;
  /** Calls `flush` when all that comes in this turn has come. */
  flushLater(request: OpenRequest): void;
  /** A handler did what makes no sense. */
  handlerFailed(request: OpenRequest, why: string): void;
  /** Nothing more is to be done for it. `inVain`: a handler may still be at work, and nobody waits for it. */
  over(request: OpenRequest, inVain: boolean): void;
}

/**
 * One web request, from its head to the end of its answer.
 *
 *     reading -> waiting -> answering -> over
 *
 * `reading`: its body comes; `waiting`: it was sent, and no answer has come; any state can go to `over`.
 */
export class OpenRequest implements Timed, Unanswered {
  #state: 'reading' | 'waiting' | 'answering' | 'over' = 'reading';
  #answer: Response | undefined;
  /** Deliveries that the client has not taken yet; all but the first are not written either. */
  readonly #held: Delivery[] = [];
  #heldBytes = 0;

  /** For its owner: when it is answered with 504. */
  due = Number.POSITIVE_INFINITY;
  span: Span | undefined = undefined;
  slot = 0;
  /** Where its handler is told that nobody waits any more; undefined until a handler may have it, and in envelope 1. */
  cancelAddr: string | undefined;

  constructor(
    readonly label: string,
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    readonly client: Client,
    private readonly owner: RequestOwner,
  ) {
    client.unanswered.add(this);
  }

  get reading(): boolean {
    return this.#state === 'reading';
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** All of it was read, and handlers get it now. */
  sent(): void {
    this.#state = 'waiting';
    this.client.last = this.response;
  }

  /** A message to its reply address. */
  deliver(delivery: Delivery): void {
    const { body } = delivery.message;
    if (this.#held.length > 0) {
      this.#hold(delivery);
    } else if (this.#answer !== undefined) {
      this.#written(this.#answer.piece(body), delivery);
    } else {
      this.#begin(body, delivery);
    }
  }

  /** Answers in place of a handler, or, if that has begun, breaks off. */
  fail(problem: Problem): void {
    if (this.#state === 'over') return;
    if (this.#state === 'reading') {
      this.owner.unreadable(this, problem);
      this.#end(false);
      return;
    }
    if (this.#answer?.headSent === true) {
      this.response.destroy();
    } else {
      const headers = this.owner.stopping ? [...problem.headers, 'Connection', 'close'] : problem.headers;
      this.response.writeHead(problem.status, headers);
      this.response.end(this.request.method === 'HEAD' ? '' : problem.body);
    }
    this.#end(true);
  }

  gone(): void {
    this.#end(this.#state !== 'reading');
  }

  /** No handler answered in time. */
  late(): void {
    this.fail(new Problem(504, 'no handler answered in time'));
  }

  /** Sends the head of the answer, if nothing has been written yet. */
  flush(): void {
    if (this.#state === 'answering') this.#answer?.flush();
  }

  #begin(message: string, delivery: Delivery): void {
    const reply = parseReply(message);
    if (reply === undefined) return this.#senseless('expected a JSON array, alone or on a line of its own', delivery);
    const head = judgeResponseHead(reply.head);
    if ('wrong' in head) return this.#senseless(head.wrong, delivery);
    const { rest } = reply;
    if (head.bodiless && rest !== '') return this.#senseless(`a body with status ${head.status}`, delivery);
    if (head.length !== undefined && rest.length > head.length) {
      return this.#senseless(`${rest.length} bytes of body, where Content-Length says ${head.length}`, delivery);
    }
    this.#state = 'answering';
    this.owner.answerBegun(this);
    this.#answer = new Response(this.response, head, this.owner.stopping);
    if (rest !== '' || this.#answer.isHeadOnly) {
      this.#written(this.#answer.piece(rest), delivery);
    } else {
      this.owner.settle(delivery);
      this.owner.flushLater(this);
    }
  }

  #senseless(why: string, delivery: Delivery): void {
    this.owner.settle(delivery);
    this.owner.handlerFailed(this, why);
    this.cancelAddr = undefined;
    this.fail(new Problem(502, 'the handler gave no valid answer'));
  }

  #written(written: Written, delivery: Delivery): void {
    if (written === 'full') {
      this.#held.push(delivery);
      this.response.once('drain', () => this.#drained());
      return;
    }
    if (written === 'short') {
      this.#senseless('the answer ends before what its Content-Length says', delivery);
      return;
    }
    this.owner.settle(delivery);
    if (written === 'excess') this.owner.handlerFailed(this, 'the answer is longer than its Content-Length says');
    if (written !== 'more') this.#end(false);
  }

  #hold(delivery: Delivery): void {
    this.#held.push(delivery);
    this.#heldBytes += delivery.message.body.length;
    if (this.#heldBytes <= this.owner.maxHeld) return;
    this.owner.handlerFailed(this, 'the answer comes faster than its client reads');
    this.response.destroy();
    this.#end(true);
  }

  /** The client has read all that was written. */
  #drained(): void {
    const [taken, ...waiting] = this.#held.splice(0);
    this.#heldBytes = 0;
    if (taken !== undefined) this.owner.settle(taken);
    for (const delivery of waiting) {
      if (this.#state === 'over') this.owner.settle(delivery);
      else this.deliver(delivery);
    }
  }

  #end(inVain: boolean): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.client.unanswered.delete(this);
    for (const delivery of this.#held.splice(0)) this.owner.settle(delivery);
    this.owner.over(this, inVain);
  }
}
