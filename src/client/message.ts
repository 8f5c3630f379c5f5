import { type BodyInput, bad, fromWire, wireSeconds } from './arguments.js';
import { MsgliteError } from './errors.js';
import type { LinkDelivery } from './link/delivery.js';
import type { Receipt, SendOptions } from './sends.js';

/** Sends, for a message that is answered. */
export type Reply = (to: string, body: BodyInput, options: SendOptions | undefined) => Promise<Receipt>;

/** A message that was received. */
export class Message {
  /** The address it was at, label included; for a dead letter its dead address. */
  readonly to: string;
  /** Where its sender awaits an answer, if it does. */
  readonly replyTo: string | undefined;
  /** Seconds, as it was sent. */
  readonly timeout: number;
  readonly body: Buffer;
  /** Which of its deliveries this is: 1 for the first. */
  readonly attempt: number;
  /** Its sender's name for it, if it has one. */
  readonly id: string | undefined;
  /** Of a dead letter: the address to which it was sent. */
  readonly sentTo: string | undefined;
  readonly #reply: Reply;

  constructor({ message }: LinkDelivery, reply: Reply) {
    const { to, replyTo, timeout, body, attempt, id, sentTo } = message;
    this.to = fromWire(to);
    this.replyTo = replyTo === undefined ? undefined : fromWire(replyTo);
    this.timeout = timeout / 1000;
    this.body = Buffer.from(body, 'latin1');
    this.attempt = attempt;
    this.id = id === undefined ? undefined : fromWire(id);
    this.sentTo = sentTo === undefined ? undefined : fromWire(sentTo);
    this.#reply = reply;
  }

  /** The body, taken for UTF-8. */
  text(): string {
    return this.body.toString();
  }

  /**
   * Sends to where its sender awaits an answer.
   * @throws MsgliteError as `send`, and `bad-argument` if no answer is awaited
   */
  async reply(body: BodyInput, options?: SendOptions): Promise<Receipt> {
    if (this.replyTo === undefined) throw bad('this message awaits no answer');
    return this.#reply(this.replyTo, body, options);
  }
}

/** Who handed out a leased message. */
export interface Lessor {
  done(delivery: LinkDelivery): void;
  /** @param delay milliseconds */
  giveBack(delivery: LinkDelivery, delay: number): void;
  /** @param lease milliseconds */
  keep(delivery: LinkDelivery, lease: number): void;
}

/** A message under a lease: it comes again, here or elsewhere, unless it is `done` before that runs out. */
export class LeasedMessage extends Message {
  readonly #delivery: LinkDelivery;
  readonly #lessor: Lessor;
  #state: 'ours' | 'ended' | 'lost' = 'ours';
  #abort: AbortController | undefined;

  /** For the client. */
  constructor(delivery: LinkDelivery, lessor: Lessor, reply: Reply) {
    super(delivery, reply);
    this.#delivery = delivery;
    this.#lessor = lessor;
  }

  /** Aborted when the lease is lost: somebody else gets the message, and to work on is no use. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#state === 'lost') this.#abort.abort(leaseLost());
    }
    return this.#abort.signal;
  }

  /** False once it is done, given back, or its lease is lost. */
  get isOurs(): boolean {
    return this.#state === 'ours';
  }

  /**
   * It is finished. Resolves at once: the broker does not answer. It is said again after a lost connection, and `flush`
   * tells when it is certain. A second call does nothing.
   * @throws MsgliteError `no-such-delivery` if the lease was lost
   */
  async done(): Promise<void> {
    if (this.#end()) this.#lessor.done(this.#delivery);
  }

  /**
   * Somebody shall have it, now or in `delay` seconds.
   * @throws as `done`
   */
  async giveBack(options: { readonly delay?: number | undefined } = {}): Promise<void> {
    const delay = wireSeconds('a delay', options.delay ?? 0);
    if (this.#end()) this.#lessor.giveBack(this.#delivery, delay);
  }

  /**
   * The lease ends so many seconds from now.
   * @throws as `done`
   */
  async keep(seconds: number): Promise<void> {
    const lease = wireSeconds('a lease', seconds, 1);
    if (this.#state === 'lost') throw leaseLost();
    if (this.#state === 'ours') this.#lessor.keep(this.#delivery, lease);
  }

  /** For the client: the lease is lost. */
  lapse(): void {
    this.#state = 'lost';
    this.#abort?.abort(leaseLost());
  }

  #end(): boolean {
    if (this.#state === 'lost') throw leaseLost();
    const first = this.#state === 'ours';
    this.#state = 'ended';
    return first;
  }
}

function leaseLost(): MsgliteError {
  return new MsgliteError('no-such-delivery', 'the lease was lost: the message goes to somebody else, or comes again');
}
