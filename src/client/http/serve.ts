import { Client, connect } from '../client.js';
import type { LeasedMessage } from '../message.js';
import { type Answerer, type Application, answererOf } from './application.js';
import { Conversation, type Report } from './conversation.js';
import type { FetchHandler, FetchObject } from './fetch/handler.js';
import { type HttpServeOptions, type HttpServeSettings, httpSettingsOf } from './options.js';
import { readRequest, type WebRequest } from './request.js';

const TERMINATED = new Error('SIGTERM');

/**
 * Serves web requests of the proxy with an application, unmodified: see docs/http.md. Bodies stream both ways, no further
 * ahead than the other end takes them; where a client has gone, its connection is closed for a request listener, and
 * `request.signal` aborted for a fetch handler.
 *
 * Resolves when it was told to stop, by `signal` or SIGTERM, and all is answered, or broken off after `drainTimeout`.
 * @throws MsgliteError `bad-argument`, `closed`, `unauthorized`, or with the code of the refusal
 */
export function serve(application: FetchHandler | FetchObject, options?: HttpServeOptions): Promise<void>;
export function serve(application: Application, options?: HttpServeOptions): Promise<void>;
export async function serve(application: Application, options: HttpServeOptions = {}): Promise<void> {
  const answer = answererOf(application);
  const settings = httpSettingsOf(options);
  if (options.signal?.aborted) return;
  const stop = new AbortController();
  const stopped = () => stop.abort();
  const terminated = () => stop.abort(TERMINATED);
  options.signal?.addEventListener('abort', stopped);
  if (settings.signals) process.once('SIGTERM', terminated);
  try {
    await serveUntil(stop.signal, answer, settings, options);
  } finally {
    options.signal?.removeEventListener('abort', stopped);
    process.off('SIGTERM', terminated);
  }
}

async function serveUntil(
  stop: AbortSignal,
  answer: Answerer,
  settings: HttpServeSettings,
  options: HttpServeOptions,
): Promise<void> {
  const client = await clientFor(stop, settings, options);
  if (client === undefined) return;
  const serving = new HttpServing(client, answer, settings.report);
  const { drainTimeout, concurrency, address } = settings;
  let timer: NodeJS.Timeout | undefined;
  const drain = () => {
    timer = setTimeout(() => serving.breakOff(), drainTimeout);
  };
  stop.addEventListener('abort', drain);
  try {
    const handler = (message: LeasedMessage) => serving.handle(message);
    await client.serve(address, handler, { concurrency, lease: options.lease, signal: stop, signals: false });
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', drain);
    // Others may be at work with a client that was given.
    if (client !== settings.broker || stop.reason === TERMINATED) await client.drain();
  }
}

/** Undefined: it was stopped before there was a connection. */
async function clientFor(
  stop: AbortSignal,
  { broker, report }: HttpServeSettings,
  options: HttpServeOptions,
): Promise<Client | undefined> {
  if (broker instanceof Client) return broker;
  try {
    // Thousands of answers a second would use up the ids that a broker remembers.
    return await connect({ wait: true, ...options, address: broker, signal: stop, ids: false, onError: report });
  } catch (error) {
    if (stop.aborted) return undefined;
    throw error;
  }
}

/** Requests that are being answered. */
class HttpServing {
  readonly #conversations = new Set<Conversation>();

  constructor(
    private readonly client: Client,
    private readonly answer: Answerer,
    private readonly report: Report,
  ) {}

  /** Returns when nothing more is to be said; then the message is finished, unless it was given back. */
  async handle(message: LeasedMessage): Promise<void> {
    const request = this.#read(message);
    if (request === undefined) return;
    const conversation = new Conversation(this.client, message, request, this.report);
    this.#conversations.add(conversation);
    try {
      if (request.inOnePiece) await conversation.body.load();
      this.answer(conversation);
      const outcome = await conversation.over;
      if (outcome === 'broken' && message.isOurs) await message.giveBack();
      if (!conversation.body.isHere) await conversation.body.drop();
    } finally {
      this.#conversations.delete(conversation);
    }
  }

  /** What is not answered yet is given back, what is begun is broken off. */
  breakOff(): void {
    for (const conversation of this.#conversations) conversation.end('broken', 'the handler stops');
  }

  #read(message: LeasedMessage): WebRequest | undefined {
    try {
      return readRequest(message);
    } catch (cause) {
      this.report(new Error(`a message to ${message.to} is no web request: ${(cause as Error).message}`, { cause }));
      return undefined;
    }
  }
}
