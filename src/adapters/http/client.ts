import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Span, Timed } from '../../domain/deadlines.js';
import type { Problem } from './problem.js';

/** A request that is not answered yet, as its connection sees it. */
export interface Unanswered {
  /** Whether its body is still coming. */
  readonly reading: boolean;
  fail(problem: Problem): void;
  /** The connection is closed. */
  gone(): void;
}

/** Who keeps the connections. */
export interface ClientOwner {
  /** We have closed our side: the client is to close its own soon. */
  ended(client: Client): void;
  gone(client: Client): void;
}

/**
 * A web client's connection. Answers go out through node:http, in the order of the requests; our last words, about
 * what can't be read, come after them on the bare socket.
 */
export class Client implements Timed {
  readonly unanswered = new Set<Unanswered>();
  /** The newest response that will be given through node:http. */
  last: ServerResponse | undefined;
  #closing = false;

  /** For its owner: when it is closed, whatever the client does. */
  due = Number.POSITIVE_INFINITY;
  span: Span | undefined = undefined;
  slot = 0;

  constructor(
    readonly socket: Socket,
    private readonly owner: ClientOwner,
  ) {
    socket.on('close', () => this.#closed());
    // What went wrong is of no use; 'close' follows.
    socket.on('error', () => socket.destroy());
  }

  /** Whether our last words are said, or about to be. What comes after is not read. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Whether it has never sent a byte. */
  get silent(): boolean {
    return this.socket.bytesRead === 0;
  }

  /** Closes it once all that was answered is sent, with some last words. */
  close(words = ''): void {
    if (this.#closing) return;
    this.#closing = true;
    const { last } = this;
    if (last === undefined || last.writableFinished) this.#end(words);
    else last.once('finish', () => this.#end(words));
  }

  /** The request whose body is still coming. */
  get reading(): Unanswered | undefined {
    for (const request of this.unanswered) if (request.reading) return request;
    return undefined;
  }

  /** The client had its time. */
  late(): void {
    this.socket.destroy();
  }

  /** Closing at once, with bytes of the client unread, could cost it our last words (RFC 9112, 9.6). */
  #end(words: string): void {
    if (!this.socket.writable) return;
    this.socket.end(words, 'latin1');
    this.owner.ended(this);
  }

  #closed(): void {
    this.#closing = true;
    for (const request of this.unanswered) request.gone();
    this.owner.gone(this);
  }
}
