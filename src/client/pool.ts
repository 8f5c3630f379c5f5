import type { Endpoint } from './address.js';
import { Conversation, type Trouble } from './conversation.js';

/** A command that waits for a conversation of its own. */
interface Waiting {
  given(conversation: Conversation | Promise<Conversation>): void;
  failed(error: unknown): void;
}

/**
 * The conversations of one client. Sends share one, so that they stay in order; each question has one to itself
 * while it waits. What is beyond the limit waits for one, first come first served.
 */
export class Pool {
  readonly #all = new Set<Conversation>();
  readonly #idle: Conversation[] = [];
  readonly #waiting = new Set<Waiting>();
  #sender: Conversation | undefined;
  #nextSender: Promise<Conversation> | undefined;
  /** Questions' conversations, those being opened included. */
  #taken = 0;
  #closed: unknown;

  constructor(
    private readonly endpoint: Endpoint,
    private readonly most: number,
    private readonly trouble: Trouble,
  ) {}

  /** Opens a first conversation, so that it shows whether there is a broker. */
  async begin(signal: AbortSignal | undefined): Promise<void> {
    this.#idle.push(await this.#open(signal));
  }

  /** The conversation for sends. Who awaits it first gets it first. */
  sender(): Conversation | Promise<Conversation> {
    this.#throwIfClosed();
    if (this.#nextSender !== undefined) return this.#nextSender;
    if (!this.#sender?.usable) this.#sender = this.#takeIdle();
    if (this.#sender !== undefined) return this.#sender;
    this.#nextSender = this.#openSender();
    return this.#nextSender;
  }

  /** A conversation for one question, to be given back with `release`. */
  async take(signal: AbortSignal | undefined): Promise<Conversation> {
    this.#throwIfClosed();
    if (this.#taken >= this.most - 1) return this.#queue(signal);
    this.#taken++;
    const idle = this.#takeIdle();
    return idle ?? this.#openTaken(signal);
  }

  release(conversation: Conversation): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#taken--;
      if (conversation.usable) this.#idle.push(conversation);
    } else {
      this.#waiting.delete(next);
      next.given(conversation.usable ? conversation : this.#openTaken(undefined));
    }
  }

  /** Everything that waits, and everything after this, fails with `reason`. Resolves when all connections are closed. */
  async close(reason: unknown): Promise<void> {
    this.#closed = reason;
    for (const waiting of this.#waiting) waiting.failed(reason);
    this.#waiting.clear();
    await Promise.all([...this.#all].map((conversation) => conversation.leave(reason)));
  }

  async #openSender(): Promise<Conversation> {
    try {
      this.#sender = await this.#open();
      return this.#sender;
    } finally {
      this.#nextSender = undefined;
    }
  }

  #takeIdle(): Conversation | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.usable) return idle;
    }
    return undefined;
  }

  async #openTaken(signal: AbortSignal | undefined): Promise<Conversation> {
    try {
      return await this.#open(signal);
    } catch (error) {
      const [next] = this.#waiting;
      if (next === undefined) this.#taken--;
      else {
        this.#waiting.delete(next);
        next.given(this.#openTaken(undefined));
      }
      throw error;
    }
  }

  async #open(signal?: AbortSignal): Promise<Conversation> {
    const conversation = await Conversation.open(this.endpoint, this.trouble, signal);
    this.#all.add(conversation);
    conversation.closed.then(() => this.#all.delete(conversation));
    if (this.#closed !== undefined) {
      await conversation.leave(this.#closed);
      this.#throwIfClosed();
    }
    return conversation;
  }

  #queue(signal: AbortSignal | undefined): Promise<Conversation> {
    return new Promise((resolve, reject) => {
      const aborted = () => {
        this.#waiting.delete(waiting);
        reject(signal?.reason);
      };
      const forget = () => signal?.removeEventListener('abort', aborted);
      const waiting: Waiting = {
        given: (conversation) => {
          forget();
          resolve(conversation);
        },
        failed: (error) => {
          forget();
          reject(error);
        },
      };
      signal?.addEventListener('abort', aborted);
      this.#waiting.add(waiting);
    });
  }

  #throwIfClosed(): void {
    if (this.#closed !== undefined) throw this.#closed;
  }
}
