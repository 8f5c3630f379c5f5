import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Span, Timed } from '../../domain/deadlines.js';
import type { Problem } from './problem.js';

/**
 * How often we look whether a client that closed its side has gone. Of a TCP connection only the second write tells, once an
 * answer to the first one has come back. Go's client bears 5 answers of 1xx.
 */
const LOOKS = 4;

/** A request that is not answered yet, as its connection sees it. */
export interface Unanswered {
  /** Whether its body is still coming. */
  readonly reading: boolean;
  /** Whether its answer has begun, and there is more to come. */
  readonly answering: boolean;
  fail(problem: Problem): void;
  /** Has something written to the client that changes nothing, if there is such a thing: one that has gone will say so. */
  probe(): void;
  /** The connection is closed. */
  gone(): void;
}

/** Who keeps the connections. */
export interface WebClientOwner {
  /** The client has closed its side. `late` is to be called in a moment, and each time it was in a longer one. */
  halfClosed(client: WebClient, looks: number): void;
  /** We have closed our side: the client is to close its own soon. `late` is to be called if it does not. */
  ended(client: WebClient): void;
  gone(client: WebClient): void;
}

/**
 * A web client's connection. Answers go out through node:http, in the order of the requests; our last words, about
 * what can't be read, come after them on the bare socket.
 */
export class WebClient implements Timed {
  readonly unanswered = new Set<Unanswered>();
  /** The newest response that will be given through node:http. */
  last: ServerResponse | undefined;
  /** For `Untaken`: bytes of replies that it has yet to take. */
  untaken = 0;
  #closing = false;
  #ended = false;
  #looks = 0;
  /** The request whose answer was under way when the client closed its side. */
  #left: Unanswered | undefined;

  /** For its owner: when to call `late`. */
  due = Number.POSITIVE_INFINITY;
  span: Span | undefined = undefined;
  slot = 0;

  constructor(
    readonly socket: Socket,
    private readonly owner: WebClientOwner,
  ) {
    socket.on('end', () => this.#halfClosed());
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
    if (this.#ended) this.socket.destroy();
    else this.#probe();
  }

  /** Closes it at once, whatever it is still owed. */
  cutOff(): void {
    this.socket.destroy();
    this.#over();
  }

  /**
   * The client will send nothing more. Whether it waits for its answers or has gone can't be told from that. Most answers
   * come within a moment; after it we look.
   */
  #halfClosed(): void {
    if (this.#closing || this.unanswered.size === 0) return;
    const [front] = this.unanswered;
    if (front?.answering) this.#left = front;
    this.owner.halfClosed(this, this.#looks);
  }

  /** In the middle of an answer there is nothing we could write that changes nothing: who left then has gone. */
  #probe(): void {
    const [front] = this.unanswered;
    if (front !== undefined && front === this.#left && front.answering) {
      this.socket.destroy();
      return;
    }
    front?.probe();
    if (++this.#looks < LOOKS) this.owner.halfClosed(this, this.#looks);
  }

  /** Closing at once, with bytes of the client unread, could cost it our last words (RFC 9112, 9.6). */
  #end(words: string): void {
    if (!this.socket.writable) return;
    this.#ended = true;
    this.socket.end(words, 'latin1');
    this.owner.ended(this);
  }

  #closed(): void {
    this.#over();
    this.owner.gone(this);
  }

  #over(): void {
    this.#closing = true;
    for (const request of this.unanswered) request.gone();
  }
}
