import type { Timed } from '../../domain/deadlines.js';
import type { Named } from '../../domain/table.js';
import type { Delivery } from '../../ports/exchange.js';
import type { Admitted } from './admission.js';
import type { Origin } from './forwarding.js';
import type { GoodHead } from './head/request.js';
import type { Outgoing } from './outgoing.js';
import { Problem } from './problem.js';
import type { RequestOwner } from './request-owner.js';
import { Response, type Written } from './response.js';
import type { Route } from './routes.js';
import type { Upload } from './upload.js';
import type { Unanswered, WebClient } from './web-client.js';

/**
 * One web request, from its head to the end of its answer.
 *
 *     reading -> waiting -> answering -> leaving -> over
 *
 * `reading`: its body comes; `waiting`: it was sent, and no reply has come; `leaving`: all of the reply has come and is
 * written, and its client has yet to take it. Any state can go to `over`.
 */
export class OpenRequest implements Timed, Unanswered, Named<OpenRequest> {
  #state: 'reading' | 'waiting' | 'answering' | 'leaving' | 'over' = 'reading';
  #response: Response | undefined;
  /** Deliveries that are written and that the client has yet to take, oldest first. */
  readonly #written: Delivery[] = [];
  /** Deliveries that are to be written when it has. */
  readonly #held: Delivery[] = [];
  #heldBytes = 0;
  /** The client reads more slowly than the handler sends. */
  #full = false;
  /** Of the head, where that was sent alone and the client has yet to take it. */
  #headBytes = 0;
  /** Bytes told to the owner as waiting for the client. */
  #untaken = 0;

  /** For its owner: when it is answered with 504. */
  due = Number.POSITIVE_INFINITY;
  slot = -1;
  /** Where its handler is told that nobody waits any more; undefined until a handler may have it, and in envelope 1. */
  cancelAddr: string | undefined;
  /** Where pieces of its body were sent. */
  bodyAddr: string | undefined;
  /** When the newest piece of its reply came. */
  movedAt = 0;
  /** Its body, where that is sent in pieces as it comes. */
  upload: Upload | undefined;
  /** The newest response on its connection before this one. */
  #earlier: Outgoing | undefined;
  /** Whether it was sent with an id, and may still be in its queue. */
  recallable = false;

  // Noted by the table it is in, and by the list of its connection.
  hash = 0;
  next: OpenRequest | undefined = undefined;
  before: Unanswered | undefined = undefined;
  after: Unanswered | undefined = undefined;

  readonly head: GoodHead;
  readonly origin: Origin;
  readonly route: Route;
  readonly members: string | undefined;

  constructor(
    readonly label: string,
    { head, origin, route, members }: Admitted,
    readonly response: Outgoing,
    readonly client: WebClient,
    private readonly owner: RequestOwner,
  ) {
    this.head = head;
    this.origin = origin;
    this.route = route;
    this.members = members;
    client.add(this);
  }

  /** For the table it is in. */
  get name(): string {
    return this.label;
  }

  /** Whether its answer has begun. */
  get begun(): boolean {
    return this.#response !== undefined;
  }

  get reading(): boolean {
    return this.#state === 'reading';
  }

  get receiving(): boolean {
    return this.#state === 'reading' || this.upload?.complete === false;
  }

  /** Whether it was sent, and no reply has come. */
  get waiting(): boolean {
    return this.#state === 'waiting';
  }

  get answering(): boolean {
    return this.#state === 'answering';
  }

  get leaving(): boolean {
    return this.#state === 'leaving';
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** Handlers get it now. */
  sent(): void {
    this.#state = 'waiting';
    this.#earlier = this.client.last;
    this.client.last = this.response;
  }

  /** A message to its reply address. */
  deliver(delivery: Delivery): void {
    if (this.#state === 'leaving' || this.#state === 'over') this.owner.settle(delivery);
    else if (this.#full) this.#hold(delivery);
    else if (this.#response === undefined) this.#begin(delivery);
    else this.#wrote(this.#response.piece(delivery.message.body), delivery);
  }

  /** While `waiting` or `answering`: no handler finished it in the deliveries it may have. */
  dead(): void {
    this.recallable = false;
    this.owner.handlerFailed(this, 'it has gone, or gave the request back');
    this.fail(new Problem(502, 'the handler has gone'));
  }

  /** Somebody else may have got this delivery meanwhile. */
  lapsed(delivery: Delivery): void {
    const mine = this.#written.includes(delivery) || this.#held.includes(delivery);
    if (this.#state === 'answering' && mine) this.#breakOff('a part of the reply was lost on its way');
  }

  /** Answers in place of a handler, or, if that has begun, breaks off. */
  fail(problem: Problem): void {
    if (this.#state === 'over' || this.#state === 'leaving') return;
    if (this.#state === 'reading') {
      this.owner.unreadable(this, problem);
      this.#end(false);
      return;
    }
    if (this.#response?.headSent === true) {
      this.response.destroy();
    } else if (this.receiving) {
      // What else comes is no request.
      this.client.last = this.#earlier;
      this.owner.unreadable(this, problem);
    } else {
      this.response.begin(problem.head, this.owner.stopping);
      this.response.end(this.head.method === 'HEAD' ? '' : problem.body);
    }
    this.#end(true);
  }

  gone(): void {
    this.#end(this.#state === 'waiting' || this.#state === 'answering');
  }

  /** No handler replied in time, or went on with its reply. Where it still takes the body, its time begins with each piece. */
  late(): void {
    if (this.#state === 'answering') {
      if (!this.owner.awaitFrom(this, this.movedAt)) this.#breakOff('no more of the answer came in time');
      return;
    }
    if (this.upload !== undefined && this.owner.awaitFrom(this, this.upload.since)) return;
    this.fail(new Problem(504, 'no handler answered in time'));
  }

  /** Sends the head of the answer, if nothing has been written yet. */
  flush(): void {
    if (this.#state === 'answering') this.#response?.flush(() => this.#headTaken());
  }

  /** The client's side has taken the oldest piece that was written, and with it the head. */
  taken(): void {
    const delivery = this.#written.shift();
    if (delivery === undefined) return;
    this.owner.settle(delivery);
    this.#release(this.#written.length === 0 ? this.#untaken - this.#heldBytes : delivery.message.body.length);
  }

  #headTaken(): void {
    if (this.#untaken >= this.#headBytes) this.#release(this.#headBytes);
    this.#headBytes = 0;
  }

  #begin(delivery: Delivery): void {
    const { body } = delivery.message;
    const reply = this.owner.replies.read(body);
    if ('wrong' in reply) return this.#senseless(reply.wrong, delivery);
    const { head, rest } = reply;
    if (head.bodiless && rest !== '') return this.#senseless(`a body with status ${head.status}`, delivery);
    if (head.length !== undefined && rest.length > head.length) {
      return this.#senseless(`${rest.length} bytes of body, where Content-Length says ${head.length}`, delivery);
    }
    this.#state = 'answering';
    this.recallable = false;
    const early = this.receiving;
    if (early) this.client.linger();
    this.#response = new Response(this.response, head, this.head.method === 'HEAD', this.owner.stopping || early, this);
    this.owner.replyBegun(this);
    if (rest !== '' || this.#response.isHeadOnly) {
      this.#wrote(this.#response.piece(rest), delivery);
    } else {
      this.owner.settle(delivery);
      this.owner.flushLater(this);
      this.#headBytes = body.length;
      this.#wait(body.length);
    }
  }

  #senseless(why: string, delivery: Delivery): void {
    this.owner.settle(delivery);
    this.owner.handlerFailed(this, why);
    this.cancelAddr = undefined;
    this.recallable = false;
    this.fail(new Problem(502, 'the handler gave no valid answer'));
  }

  #wrote(written: Written, delivery: Delivery): void {
    if (written === 'short') {
      this.#senseless('the answer ends before what its Content-Length says', delivery);
      return;
    }
    if (written === 'excess') this.owner.handlerFailed(this, 'the answer is longer than its Content-Length says');
    if (written === 'full') {
      this.#full = true;
      this.response.onceDrained(() => this.#drained());
    } else if (written !== 'more') {
      if (this.#response?.allTaken === true) {
        this.owner.settle(delivery);
        this.#end(false);
        return;
      }
      this.#state = 'leaving';
      this.response.onceFinished(() => this.#end(false));
    }
    this.#written.push(delivery);
    this.#wait(delivery.message.body.length);
  }

  #hold(delivery: Delivery): void {
    const { length } = delivery.message.body;
    this.#held.push(delivery);
    this.#heldBytes += length;
    if (this.#heldBytes > this.owner.maxHeld) this.#breakOff('the answer comes faster than its client reads');
    else this.#wait(length);
  }

  #breakOff(why: string): void {
    this.owner.handlerFailed(this, why);
    this.response.destroy();
    this.#end(true);
  }

  /** The client has read what was written. */
  #drained(): void {
    this.#full = false;
    const waiting = this.#held.splice(0);
    this.#release(this.#heldBytes);
    this.#heldBytes = 0;
    for (const delivery of waiting) this.deliver(delivery);
  }

  #wait(bytes: number): void {
    this.#untaken += bytes;
    this.owner.held(this, bytes);
  }

  #release(bytes: number): void {
    this.#untaken -= bytes;
    this.owner.released(this, bytes);
  }

  #end(inVain: boolean): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.client.remove(this);
    this.upload?.stop();
    if (this.#untaken > 0) this.#release(this.#untaken);
    this.#heldBytes = 0;
    this.#headBytes = 0;
    for (const delivery of this.#written.splice(0)) this.owner.settle(delivery);
    for (const delivery of this.#held.splice(0)) this.owner.settle(delivery);
    this.owner.over(this, inVain);
  }
}
