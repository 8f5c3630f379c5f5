import { type BodyInput, bad } from './arguments.js';
import type { LinkRefusal } from './link/ask.js';
import type { LinkDelivery } from './link/delivery.js';
import type { Keeper } from './link/keeper.js';
import type { Link } from './link/link.js';
import { type Taker, Taking, type WantedStream } from './link/taking.js';
import { LeasedMessage, type Lessor, type Reply } from './message.js';
import { errorOf } from './refusal.js';
import type { Timing } from './timing.js';

/** What a handler answers with: it is sent to where the sender awaits it. Nothing: nothing is. */
// biome-ignore lint/suspicious/noConfusingVoidType: an async function that returns nothing promises void.
export type HandlerResult = BodyInput | undefined | void;

/** Works on a message. What it throws gives the message back. */
export type Handler = (message: LeasedMessage, signal: AbortSignal) => HandlerResult | Promise<HandlerResult>;

/** What a handler loop needs of the client. */
export interface ServingParts {
  readonly link: Link;
  readonly timing: Timing;
  readonly keeper: Keeper;
  readonly reply: Reply;
  readonly handler: Handler;
  /** Seconds before a message on which the handler failed may come again. */
  readonly retryDelay: (attempt: number, error: unknown) => number;
  /** Of replies, in seconds. */
  readonly replyTimeout: number | undefined;
  handlerFailed(error: unknown, message: LeasedMessage): void;
  /** The lease of a message was lost while its handler worked, or, `late`, just when it was finished. */
  leaseLost(message: LeasedMessage, late: boolean): void;
}

/** Takes messages and lets a handler work on them, so many at a time. See `Client.serve`. */
export class Serving implements Taker, Lessor {
  /** Resolves when no more comes and no handler works. */
  readonly over: Promise<void>;
  #resolve: () => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  readonly #taking: Taking;
  readonly #working = new Map<LinkDelivery, LeasedMessage>();
  #ended = false;
  #failure: Error | undefined;

  constructor(
    private readonly parts: ServingParts,
    wanted: WantedStream,
  ) {
    this.over = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#taking = new Taking(parts.link, parts.timing, wanted, this);
  }

  /** Takes no more. */
  stop(): void {
    this.#taking.stop();
  }

  /** Takes no more, and fails with `reason` in the end. */
  fail(reason: Error): void {
    this.#failure ??= reason;
    this.stop();
  }

  taken(delivery: LinkDelivery): void {
    const message = new LeasedMessage(delivery, this, this.parts.reply);
    this.#working.set(delivery, message);
    this.parts.keeper.add(delivery);
    void this.#work(delivery, message);
  }

  lapsed(delivery: LinkDelivery): void {
    const message = this.#working.get(delivery);
    if (message === undefined) return;
    message.lapse();
    this.parts.leaseLost(message, false);
  }

  tooLate(delivery: LinkDelivery): void {
    this.parts.leaseLost(new LeasedMessage(delivery, this, this.parts.reply), true);
  }

  ended(refusal: LinkRefusal | undefined): void {
    this.#ended = true;
    if (refusal !== undefined) this.#failure ??= errorOf(refusal);
    this.#lookForOver();
  }

  done(delivery: LinkDelivery): void {
    this.parts.link.done(delivery);
  }

  giveBack(delivery: LinkDelivery, delay: number): void {
    this.parts.link.giveBack(delivery, delay);
  }

  keep(delivery: LinkDelivery, lease: number): void {
    this.parts.link.keep(delivery, lease);
  }

  async #work(delivery: LinkDelivery, message: LeasedMessage): Promise<void> {
    try {
      await this.#handle(message);
    } catch (error) {
      this.parts.handlerFailed(error, message);
      await this.#giveBack(message, error);
    }
    this.parts.keeper.remove(delivery);
    this.#working.delete(delivery);
    this.#taking.release();
    this.#lookForOver();
  }

  /** A reply must be the broker's before the message is finished: otherwise its sender might wait in vain. */
  async #handle(message: LeasedMessage): Promise<void> {
    const { handler, reply, replyTimeout } = this.parts;
    const result = await handler(message, message.signal);
    if (!message.isOurs) return;
    if (result !== undefined && message.replyTo !== undefined) {
      await reply(message.replyTo, result, { timeout: replyTimeout });
    }
    if (message.isOurs) await message.done();
  }

  async #giveBack(message: LeasedMessage, error: unknown): Promise<void> {
    if (!message.isOurs) return;
    let delay: number;
    try {
      delay = this.parts.retryDelay(message.attempt, error);
      await message.giveBack({ delay });
    } catch (wrong) {
      this.parts.handlerFailed(bad(`no delay could be had: ${(wrong as Error).message}`), message);
      await message.giveBack();
    }
  }

  #lookForOver(): void {
    if (!this.#ended || this.#working.size > 0) return;
    if (this.#failure === undefined) this.#resolve();
    else this.#reject(this.#failure);
  }
}
