import { randomBytes } from 'node:crypto';
import { STANDARD } from '../protocol/tagged/vocabulary.js';
import { type BodyInput, bad, wireAddress, wireBody, wireCount, wireId, wireSeconds } from './arguments.js';
import type { LinkRefusal, Outgoing, SendListener } from './link/ask.js';
import type { Link } from './link/link.js';
import { errorOf } from './refusal.js';

/** Seconds, where a call gives none. */
export const TIMEOUT = 60;

/** For every call that waits. */
export interface CallOptions {
  /** Seconds, with up to 3 decimals; 60 if not given. */
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a message can be sent with, beside its time. */
export interface MessageOptions extends CallOptions {
  /** Your own unique name for the message, 1 to 128 bytes: the same again, to the same address, is not queued again. */
  readonly id?: string | undefined;
  /** Seconds, less than the timeout, before it is handed over. */
  readonly delay?: number | undefined;
  /** Leased deliveries it may have in all; 5 if not given. */
  readonly attempts?: number | undefined;
  /** Once somebody has sent to its reply address, it is not delivered again. */
  readonly once?: boolean | undefined;
  /** Where it goes when it is dead; null: nowhere. `dead:` and its address if not given. */
  readonly dead?: string | null | undefined;
}

export interface SendOptions extends MessageOptions {
  /** Where answers are awaited. */
  readonly replyTo?: string | undefined;
  /** `done`: the receipt comes when the message is finished. */
  readonly receipt?: 'taken' | 'done' | undefined;
}

/** The broker has the message, whatever happens to it now. */
export interface Receipt {
  /** It had it before, under the same id. */
  readonly duplicate: boolean;
}

/** Unique names for messages that have none: chance once, then a counter. */
export class Names {
  readonly #prefix: string;
  #count = 0;

  constructor(name: string | undefined) {
    const random = randomBytes(12).toString('base64url');
    this.#prefix = name === undefined ? `${random}-` : `${wireId(name)}-${random}-`;
    if (this.#prefix.length > 100) throw bad(`${JSON.stringify(name)} is too long for a client's name`);
  }

  next(): string {
    return this.#prefix + (this.#count++).toString(36);
  }
}

/**
 * As it goes on the wire.
 * @param names undefined: without an id of its own it has none
 * @throws MsgliteError `bad-argument`
 */
export function outgoing(to: string, body: BodyInput, options: SendOptions, names: Names | undefined): Outgoing {
  const { timeout = TIMEOUT, replyTo } = options;
  return {
    to: wireAddress(to),
    replyTo: replyTo === undefined ? undefined : wireAddress(replyTo),
    body: wireBody(body),
    timeout: wireSeconds('a timeout', timeout),
    options: wireOptions(options, names),
    idIsOurs: options.id === undefined && names !== undefined,
  };
}

function wireOptions(options: SendOptions, names: Names | undefined): Outgoing['options'] {
  const { id, delay, attempts, once, dead, receipt } = options;
  return {
    id: id === undefined ? names?.next() : wireId(id),
    delay: delay === undefined ? 0 : wireSeconds('a delay', delay),
    attempts: attempts === undefined ? STANDARD.attempts : wireCount('attempts', attempts),
    once: once ?? false,
    dead: dead === undefined ? undefined : dead === null ? '' : wireAddress(dead),
    receipt: receipt ?? 'taken',
  };
}

/** Sends, and promises the receipt. */
export function promiseReceipt(link: Link, message: Outgoing, signal: AbortSignal | undefined): Promise<Receipt> {
  return new Promise((resolve, reject) => {
    const promised = new Promised(resolve, reject, signal);
    const ask = link.send(message, promised, '');
    promised.onAbort = () => link.drop(ask);
  });
}

class Promised implements SendListener {
  onAbort: () => void = () => undefined;
  readonly #aborted: (() => void) | undefined;

  constructor(
    private readonly resolve: (receipt: Receipt) => void,
    private readonly reject: (reason: unknown) => void,
    private readonly signal: AbortSignal | undefined,
  ) {
    if (signal === undefined) return;
    this.#aborted = () => {
      this.onAbort();
      reject(signal.reason);
    };
    signal.addEventListener('abort', this.#aborted, { once: true });
  }

  accepted(_tag: string, duplicate: boolean): void {
    this.#end();
    this.resolve({ duplicate });
  }

  refused(_tag: string, refusal: LinkRefusal): void {
    this.#end();
    this.reject(errorOf(refusal));
  }

  #end(): void {
    if (this.#aborted !== undefined) this.signal?.removeEventListener('abort', this.#aborted);
  }
}
