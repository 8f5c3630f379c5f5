import { EventEmitter } from 'node:events';
import { type BodyInput, wireAddresses, wireSeconds } from './arguments.js';
import { flushLast } from './closing.js';
import { Controls } from './control.js';
import type { ClientEvents } from './events.js';
import { Life } from './life.js';
import { Keeper } from './link/keeper.js';
import { Link } from './link/link.js';
import { Mailbox } from './mailbox.js';
import { type LeasedMessage, Message, type Reply } from './message.js';
import { type ConnectOptions, type Settings, settingsOf } from './options.js';
import { Ready } from './ready.js';
import { Receiving } from './receiving.js';
import { closed, errorOf } from './refusal.js';
import {
  type CallOptions,
  type MessageOptions,
  outgoing,
  promiseReceipt,
  type Receipt,
  type SendOptions,
  TIMEOUT,
} from './sends.js';
import { type Handler, Serving } from './serving.js';
import { type ReceiveOptions, retryDelayOf, type ServeOptions, wantedStream } from './streams.js';
import { SYSTEM_TIMING, type Timing } from './timing.js';
import { Turnstile } from './turnstile.js';

/** What is the world's: time and chance. */
export interface ClientWorld {
  readonly timing: Timing;
  /** 0 or more, less than 1. */
  random(): number;
}

const WORLD: ClientWorld = { timing: SYSTEM_TIMING, random: Math.random };

/**
 * Connects to a broker.
 * @throws MsgliteError `unreachable`, `unauthorized`, `bad-argument`, `protocol`; the signal's reason
 */
export async function connect(options: ConnectOptions, world = WORLD): Promise<Client> {
  const { signal, onError } = options;
  const client = new Client(settingsOf(options), world);
  if (onError !== undefined) client.on('error', onError);
  await client.begin(signal);
  return client;
}

/**
 * A broker's client, on one connection. Calls can overlap freely. When the connection is lost it makes another one, and goes on:
 * what had no receipt is sent again, under its id; what waits for messages and answers waits again; leases are claimed.
 */
export class Client extends EventEmitter<ClientEvents> {
  /** To inspect and control the broker. */
  readonly control: Controls;
  readonly #settings: Settings;
  readonly #timing: Timing;
  readonly #link: Link;
  readonly #life: Life;
  readonly #keeper: Keeper;
  readonly #mailbox: Mailbox;
  readonly #turnstile = new Turnstile(() => this.#link.isRoomy);
  readonly #readies = new Set<Ready>();
  readonly #receivings = new Set<Receiving>();
  readonly #servings = new Set<Serving>();
  #draining: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  readonly #reply: Reply = (to, body, options) => this.send(to, body, options);

  /** Use `connect`. */
  constructor(settings: Settings, { timing, random }: ClientWorld) {
    super();
    this.#settings = settings;
    this.#timing = timing;
    this.#life = new Life(this, timing, this.#turnstile, settings.wait, () => this.#mailbox.count);
    this.#link = new Link(settings.link, timing, random, this.#life);
    this.#keeper = new Keeper(this.#link, timing);
    this.#mailbox = new Mailbox(this.#link, timing, settings.safeReplies);
    this.control = new Controls((control, listener) => this.#link.control(control, listener, ''));
  }

  /** For `connect`. */
  async begin(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const { first, end } = this.#life;
    const aborted = () => this.#link.close();
    signal?.addEventListener('abort', aborted);
    this.#link.start();
    try {
      await Promise.race([first, end.then(() => Promise.reject(signal?.reason ?? closed()))]);
    } catch (error) {
      this.#link.close();
      await end;
      throw error;
    } finally {
      signal?.removeEventListener('abort', aborted);
    }
  }

  /**
   * Sends a message. Resolves with the broker's receipt: whatever happens now, the message is handed over or expires. An aborted
   * send may still be carried out.
   * @throws MsgliteError with the broker's code (`full`, `id-conflict`, …), `expired`, `closed`, `bad-argument`; without ids
   * `connection-lost`
   */
  async send(to: string, body: BodyInput, options: SendOptions = {}): Promise<Receipt> {
    const { signal } = options;
    signal?.throwIfAborted();
    const message = outgoing(to, body, options, this.#settings.names);
    this.#throwIfClosed();
    const go = () => promiseReceipt(this.#link, message, signal);
    return this.#isFree ? go() : this.#turnstile.wait(signal, go);
  }

  /**
   * Waits for a message to one of these addresses. Undefined: the time ran out. It has no lease: it is finished, and lost if the
   * connection breaks while it is on its way. An abort loses no message: one that was on its way is the answer all the same.
   */
  async ready(addresses: string | readonly string[], options: CallOptions = {}): Promise<Message | undefined> {
    const { timeout = TIMEOUT, signal } = options;
    signal?.throwIfAborted();
    const wanted = { addresses: wireAddresses(addresses), timeout: wireSeconds('a timeout', timeout) };
    this.#throwIfClosed();
    const ready = new Ready(this.#link, { ...wanted, count: 1, lease: 0 });
    this.#readies.add(ready);
    const aborted = () => ready.leave(signal?.reason);
    signal?.addEventListener('abort', aborted);
    try {
      const delivery = await ready.promise;
      return delivery === undefined ? undefined : new Message(delivery, this.#reply);
    } finally {
      this.#readies.delete(ready);
      signal?.removeEventListener('abort', aborted);
    }
  }

  /** Sends a message and waits for one answer to it. Undefined: the time ran out. */
  async query(to: string, body: BodyInput, options: MessageOptions = {}): Promise<Message | undefined> {
    const { signal } = options;
    signal?.throwIfAborted();
    const message = outgoing(to, body, options, this.#settings.names);
    this.#throwIfClosed();
    const query = this.#mailbox.open(message.timeout);
    const aborted = () => this.#mailbox.fail(query, signal?.reason);
    signal?.addEventListener('abort', aborted);
    try {
      const go = () => this.#mailbox.send(query, message);
      if (this.#isFree) go();
      else await Promise.race([this.#turnstile.wait(signal, go), query.promise]);
      const delivery = await query.promise;
      return delivery === undefined ? undefined : new Message(delivery, this.#reply);
    } catch (error) {
      this.#mailbox.fail(query, error);
      throw error;
    } finally {
      signal?.removeEventListener('abort', aborted);
    }
  }

  /**
   * Messages under a lease, no more at a time than `concurrency`: one that is `done`, given back or lost makes place for the
   * next. `break` gives back what was taken and not seen.
   */
  receive(addresses: string | readonly string[], options: ReceiveOptions = {}): AsyncIterableIterator<LeasedMessage> {
    const wanted = wantedStream(addresses, options);
    this.#throwIfClosed();
    const parts = {
      link: this.#link,
      timing: this.#timing,
      reply: this.#reply,
      leaseLost: this.#leaseLost,
    };
    const receiving = new Receiving(parts, wanted, options.signal);
    this.#receivings.add(receiving);
    void receiving.over.then(() => this.#receivings.delete(receiving));
    return receiving;
  }

  /**
   * Lets `handler` work on the messages of an address, `concurrency` at a time. What it returns is sent to where the sender
   * awaits an answer, and the message is done; if it fails, the message is given back. The lease is extended for as long as
   * it works; its signal is aborted when the lease is lost all the same.
   *
   * Resolves when no more is taken and no handler works: after `signal`, `drain()`, or SIGTERM (unless `signals` is false).
   * @throws MsgliteError `closed`, or with the code of the refusal
   */
  async serve(address: string | readonly string[], handler: Handler, options: ServeOptions = {}): Promise<void> {
    const { signal, signals = true, timeout, retryDelay } = options;
    const wanted = wantedStream(address, { ...options, timeout: undefined });
    this.#throwIfClosed();
    if (signal?.aborted === true) return;
    const parts = {
      link: this.#link,
      timing: this.#timing,
      keeper: this.#keeper,
      reply: this.#reply,
      handler,
      retryDelay: retryDelayOf(retryDelay),
      replyTimeout: timeout,
      handlerFailed: this.#handlerFailed,
      leaseLost: this.#leaseLost,
    };
    const serving = new Serving(parts, wanted);
    this.#servings.add(serving);
    const stop = () => serving.stop();
    const leave = () => void this.drain().catch((error: Error) => this.#tell(error));
    signal?.addEventListener('abort', stop);
    if (signals) process.once('SIGTERM', leave);
    try {
      await serving.over;
    } finally {
      this.#servings.delete(serving);
      signal?.removeEventListener('abort', stop);
      process.off('SIGTERM', leave);
    }
  }

  /**
   * Resolves when all that was said before is carried out and, with a journal, on disk: sends, and messages that are done.
   * @throws MsgliteError
   */
  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#link.flush((refusal) => (refusal === undefined ? resolve() : reject(errorOf(refusal))));
    });
  }

  /** Takes no more messages, lets `serve` and `receive` finish those they have, and closes. */
  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  /**
   * Ends the connection. What waits fails with `closed`, unless its message is on its way; messages that are not done go back.
   * Resolves when the broker has carried out all that was said and, if it has a journal, has it on disk.
   * @throws MsgliteError `connection-lost` if that can't be told
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #drain(): Promise<void> {
    const over = [...this.#servings].map((serving) => serving.over.catch(() => undefined));
    for (const stream of [...this.#servings, ...this.#receivings]) stream.stop();
    await Promise.all([...over, ...[...this.#receivings].map((stream) => stream.over)]);
    await this.close();
  }

  async #close(): Promise<void> {
    for (const ready of this.#readies) ready.leave(closed());
    this.#mailbox.close(closed());
    this.#turnstile.close();
    for (const receiving of [...this.#receivings]) receiving.fail(closed());
    for (const serving of this.#servings) serving.fail(closed());
    const failure = await flushLast(this.#link, this.#timing);
    this.#link.close();
    await this.#life.end;
    this.#keeper.clear();
    if (failure !== undefined) throw failure;
  }

  get #isFree(): boolean {
    return this.#link.isRoomy && this.#turnstile.isFree;
  }

  #throwIfClosed(): void {
    if (this.#closing !== undefined) throw closed();
  }

  readonly #leaseLost = (message: LeasedMessage, late: boolean) => {
    this.emit('leaseLost', message, late);
  };

  readonly #handlerFailed = (error: unknown, message: LeasedMessage) => {
    if (this.emit('handlerFailed', error, message)) return;
    this.#warn(error instanceof Error ? error : new Error(`a handler failed: ${String(error)}`));
  };

  #tell(error: Error): void {
    if (this.listenerCount('error') > 0) this.emit('error', error);
    else this.#warn(error);
  }

  #warn(error: Error): void {
    process.emitWarning(error);
  }
}
