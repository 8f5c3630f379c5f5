import { encodeMessage, encodeQuery, encodeReceive } from '../protocol/encoder.js';
import { type Endpoint, parseEndpoint } from './address.js';
import { type BodyInput, wireAddress, wireAddresses, wireBody, wireTimeout } from './arguments.js';
import { MsgliteError } from './errors.js';
import type { Message } from './message.js';
import { Pool } from './pool.js';

/** Seconds, where a call gives none. */
const TIMEOUT = 60;
const MAX_CONNECTIONS = 64;

export interface ConnectOptions {
  /** `unix:/path`, `tcp:host:port`, or the same in parts. */
  readonly address: string | Endpoint;
  /** Ends the attempt to connect. */
  readonly signal?: AbortSignal | undefined;
  /** Connections at a time, at least 2; 64 if not given. What needs more waits for one, in order. */
  readonly maxConnections?: number | undefined;
  /**
   * Hears what no call can be told of any more: a send that was refused, or may be lost, after its promise was
   * resolved. Without it, the next call fails with that error, and does nothing else.
   */
  readonly onError?: ((error: MsgliteError) => void) | undefined;
}

export interface CallOptions {
  /** Whole seconds; 60 if not given. */
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SendOptions extends CallOptions {
  /** Where answers are awaited. */
  readonly replyTo?: string | undefined;
}

/**
 * Connects to a broker.
 * @throws MsgliteError `unreachable` or `bad-argument`; the signal's reason
 */
export async function connect(options: ConnectOptions): Promise<Client> {
  const { address, signal, maxConnections = MAX_CONNECTIONS, onError } = options;
  const endpoint = typeof address === 'string' ? parseEndpoint(address) : address;
  if (endpoint === undefined) {
    throw new MsgliteError('bad-argument', `${JSON.stringify(address)} is neither unix:/path nor tcp:host:port`);
  }
  if (!Number.isInteger(maxConnections) || maxConnections < 2) {
    throw new MsgliteError('bad-argument', `maxConnections is a whole number of at least 2, not ${maxConnections}`);
  }
  const client = new Client(endpoint, maxConnections, onError);
  await client.begin(signal);
  return client;
}

/**
 * A broker's client. Calls can overlap freely. It holds a few connections, because in this protocol a question
 * holds back what follows on its own: one for all sends, which stay in the order of their calls, and one for each
 * `ready` or `query` that waits. After a connection was lost the next call makes a new one.
 */
export class Client {
  readonly #pool: Pool;
  /** What nobody was told yet. */
  #trouble: MsgliteError | undefined;
  #closing: Promise<void> | undefined;

  /** Use `connect`. */
  constructor(endpoint: Endpoint, maxConnections: number, onError: ((error: MsgliteError) => void) | undefined) {
    const keep = (error: MsgliteError) => {
      this.#trouble ??= error;
    };
    this.#pool = new Pool(endpoint, maxConnections, onError ?? keep);
  }

  /** For `connect`. */
  async begin(signal: AbortSignal | undefined): Promise<void> {
    await this.#pool.begin(signal);
  }

  /**
   * Sends a message. Resolves when the operating system has taken it; `close` tells whether the broker has, too.
   * Aborting it once it is on its way does not stop it.
   */
  async send(to: string, body: BodyInput, options: SendOptions = {}): Promise<void> {
    const { timeout = TIMEOUT, replyTo, signal } = options;
    const line = {
      to: wireAddress(to),
      replyTo: replyTo === undefined ? undefined : wireAddress(replyTo),
      body: wireBody(body),
    };
    const bytes = encodeMessage(line, wireTimeout(timeout));
    this.#begin(signal);
    const conversation = await this.#pool.sender();
    signal?.throwIfAborted();
    await abortable(conversation.send(bytes), signal);
  }

  /**
   * Waits for a message to one of these addresses. Undefined: the time ran out. An abort loses no message: one that
   * was on its way is the answer all the same.
   */
  async ready(addresses: string | readonly string[], options: CallOptions = {}): Promise<Message | undefined> {
    const bytes = encodeReceive(wireAddresses(addresses), wireTimeout(options.timeout ?? TIMEOUT));
    return this.#ask('<', bytes, options.signal);
  }

  /** Sends a message and waits for one answer to it. Undefined: the time ran out. */
  async query(to: string, body: BodyInput, options: CallOptions = {}): Promise<Message | undefined> {
    const bytes = encodeQuery(wireAddress(to), wireBody(body), wireTimeout(options.timeout ?? TIMEOUT));
    return this.#ask('?', bytes, options.signal);
  }

  /**
   * Ends all connections. What still waits fails with `closed`, unless its message was on its way. Resolves when
   * the broker has carried out every send and, if it has a journal, has on disk what still waits.
   * @throws MsgliteError if one was refused, or may be lost, and nobody was told
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#pool.close(new MsgliteError('closed', 'the client was closed'));
    this.#throwTrouble();
  }

  async #ask(kind: '<' | '?', bytes: string, signal: AbortSignal | undefined): Promise<Message | undefined> {
    this.#begin(signal);
    const conversation = await this.#pool.take(signal);
    const aborted = () => conversation.interrupt(signal?.reason);
    try {
      signal?.throwIfAborted();
      signal?.addEventListener('abort', aborted);
      return await conversation.ask(kind, bytes);
    } finally {
      signal?.removeEventListener('abort', aborted);
      this.#pool.release(conversation);
    }
  }

  #begin(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    this.#throwTrouble();
  }

  #throwTrouble(): void {
    const trouble = this.#trouble;
    this.#trouble = undefined;
    if (trouble !== undefined) throw trouble;
  }
}

/** The promise, or the signal's reason if that comes first. */
async function abortable(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return promise;
  let aborted = () => {};
  const abort = new Promise<never>((_, reject) => {
    aborted = () => reject(signal.reason);
    signal.addEventListener('abort', aborted);
  });
  try {
    await Promise.race([promise, abort]);
  } finally {
    signal.removeEventListener('abort', aborted);
  }
}
