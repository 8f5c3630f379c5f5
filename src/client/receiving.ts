import type { LinkRefusal } from './link/ask.js';
import type { LinkDelivery } from './link/delivery.js';
import type { Link } from './link/link.js';
import { type Taker, Taking, type WantedStream } from './link/taking.js';
import { LeasedMessage, type Lessor, type Reply } from './message.js';
import { errorOf } from './refusal.js';
import type { Timing } from './timing.js';

/** What a stream of messages needs of the client. */
export interface ReceivingParts {
  readonly link: Link;
  readonly timing: Timing;
  readonly reply: Reply;
  /** The lease of a message was lost: before it was finished, or, `late`, just when it was. */
  leaseLost(message: LeasedMessage, late: boolean): void;
}

type Result = IteratorResult<LeasedMessage, undefined>;

interface Waiting {
  resolve(result: Result): void;
  reject(reason: unknown): void;
}

const finished: Result = { done: true, value: undefined };

/** Messages, one after the other, no more at a time than was asked for. See `Client.receive`. */
export class Receiving implements AsyncIterableIterator<LeasedMessage>, Taker, Lessor {
  /** Resolves when nothing will come any more, and nothing is out. */
  readonly over: Promise<void>;
  #resolve: () => void = () => undefined;
  #taking: Taking | undefined;
  /** Taken, not yet asked for. */
  readonly #ready: LeasedMessage[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #out = new Map<LinkDelivery, LeasedMessage>();
  #ended = false;
  #returned = false;
  /** Why it ends before its time. */
  #failure: { readonly reason: unknown } | undefined;
  readonly #aborted = () => this.fail(this.signal?.reason);

  constructor(
    private readonly parts: ReceivingParts,
    private readonly wanted: WantedStream,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.over = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    signal?.addEventListener('abort', this.#aborted);
    if (signal?.aborted) this.#aborted();
  }

  /** Begins to take with the first call. */
  next(): Promise<Result> {
    if (this.#returned) return Promise.resolve<Result>(finished);
    if (this.#failure === undefined && !this.#ended) {
      this.#taking ??= new Taking(this.parts.link, this.parts.timing, this.wanted, this);
    }
    const message = this.#ready.shift();
    if (message !== undefined) return Promise.resolve({ done: false, value: message });
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#tell();
    });
  }

  /** As `break` does: takes no more, and gives back what was taken and not asked for. */
  async return(): Promise<Result> {
    this.#returned = true;
    this.stop();
    this.#giveUp();
    return finished;
  }

  /** Takes no more; what is on its way still comes, and then the stream ends. */
  stop(): void {
    if (this.#taking !== undefined) return this.#taking.stop();
    this.#ended = true;
    this.#tell();
    this.#lookForOver();
  }

  /** Takes no more, and fails with `reason`. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.stop();
    this.#giveUp();
    this.#tell();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  // What comes

  taken(delivery: LinkDelivery): void {
    const message = new LeasedMessage(delivery, this, this.parts.reply);
    this.#out.set(delivery, message);
    const waiting = this.#waiting.shift();
    if (this.#failure !== undefined || (this.#returned && waiting === undefined)) this.giveBack(delivery, 0);
    else if (waiting === undefined) this.#ready.push(message);
    else waiting.resolve({ done: false, value: message });
  }

  lapsed(delivery: LinkDelivery): void {
    const message = this.#out.get(delivery);
    if (message === undefined) return;
    const index = this.#ready.indexOf(message);
    message.lapse();
    // Nobody has seen it, so nobody misses it.
    if (index >= 0) this.#ready.splice(index, 1);
    else this.parts.leaseLost(message, false);
    this.#release(delivery);
  }

  tooLate(delivery: LinkDelivery): void {
    this.parts.leaseLost(new LeasedMessage(delivery, this, this.parts.reply), true);
  }

  ended(refusal: LinkRefusal | undefined): void {
    this.#ended = true;
    if (refusal !== undefined) this.#failure ??= { reason: errorOf(refusal) };
    this.#tell();
    this.#lookForOver();
  }

  // What messages say

  done(delivery: LinkDelivery): void {
    this.parts.link.done(delivery);
    this.#release(delivery);
  }

  giveBack(delivery: LinkDelivery, delay: number): void {
    this.parts.link.giveBack(delivery, delay);
    this.#release(delivery);
  }

  keep(delivery: LinkDelivery, lease: number): void {
    this.parts.link.keep(delivery, lease);
  }

  #release(delivery: LinkDelivery): void {
    if (!this.#out.delete(delivery)) return;
    this.#taking?.release();
    this.#lookForOver();
  }

  #giveUp(): void {
    for (const message of this.#ready.splice(0)) message.giveBack().catch(() => undefined);
  }

  #tell(): void {
    if (this.#failure !== undefined) {
      const { reason } = this.#failure;
      for (const waiting of this.#waiting.splice(0)) waiting.reject(reason);
    } else if (this.#ended && this.#ready.length === 0) {
      for (const waiting of this.#waiting.splice(0)) waiting.resolve(finished);
    }
  }

  #lookForOver(): void {
    if (!this.#ended || this.#out.size > 0) return;
    this.signal?.removeEventListener('abort', this.#aborted);
    this.#resolve();
  }
}
