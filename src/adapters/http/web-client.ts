import type { Socket } from 'node:net';
import type { Timed } from '../../domain/deadlines.js';
import { type Linked, List } from '../../domain/list.js';
import type { Outgoing } from './outgoing.js';
import type { Problem } from './problem.js';
import { reset } from './reset.js';
import { plainAddress } from './trust.js';

/** A request that is not answered yet, as its connection sees it. */
export interface Unanswered extends Linked<Unanswered> {
  /** Whether its body is still coming. */
  readonly receiving: boolean;
  /** Whether all of its answer is written. */
  readonly leaving: boolean;
  fail(problem: Problem): void;
  /** The connection is closed. */
  gone(): void;
}

/** Who keeps the connections. */
export interface WebClientOwner {
  /** We have closed our side: the client is to close its own soon. `late` is to be called if it does not. */
  ended(client: WebClient): void;
  gone(client: WebClient): void;
}

/**
 * A web client's connection. Answers go out in the order of the requests; our last words, about what can't be read,
 * come after them on the bare socket.
 */
export class WebClient implements Timed, Linked<WebClient> {
  readonly #unanswered = new List<Unanswered>();
  #count = 0;
  /** The newest response that will be given. */
  last: Outgoing | undefined;
  #closing = false;
  /** Its IP address; empty for a unix socket. */
  readonly peer: string;

  // Noted by the list it is in.
  before: WebClient | undefined = undefined;
  after: WebClient | undefined = undefined;

  #heard = false;

  /** For its owner: when to call `late`. */
  due = Number.POSITIVE_INFINITY;
  slot = -1;

  constructor(
    readonly socket: Socket,
    private readonly owner: WebClientOwner,
  ) {
    this.peer = plainAddress(socket.remoteAddress);
    socket.on('end', () => this.#left());
    socket.on('close', () => this.#closed());
    // What went wrong is of no use; 'close' follows.
    socket.on('error', () => socket.destroy());
  }

  /** Its requests that are not answered yet. */
  get unanswered(): number {
    return this.#count;
  }

  add(request: Unanswered): void {
    this.#unanswered.add(request);
    this.#count++;
  }

  /** It is over. */
  remove(request: Unanswered): void {
    this.#unanswered.remove(request);
    this.#count--;
  }

  /** Whether our last words are said, or about to be. What comes after is not read. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Whether it has never sent a byte. */
  get silent(): boolean {
    return !this.#heard && this.socket.bytesRead === 0;
  }

  /** It has sent what was not read through its stream. */
  heard(): void {
    this.#heard = true;
  }

  /** Closes it once all that was answered is sent, with some last words. */
  close(words = ''): void {
    if (this.#closing) return;
    this.#closing = true;
    const { last } = this;
    if (last === undefined || last.finished) this.#end(words);
    else last.onceFinished(() => this.#end(words));
  }

  /** The request whose body is still coming. */
  get reading(): Unanswered | undefined {
    let request = this.#unanswered.first;
    while (request !== undefined && !request.receiving) request = request.after;
    return request;
  }

  /** The client had its time to close its side. */
  late(): void {
    this.socket.destroy();
  }

  /** Its last response comes while it is still sending: once that is written, we go on reading for a while (RFC 9112, 9.6). */
  linger(): void {
    // This is how node:http ends a connection.
    this.socket.destroySoon = () => this.close();
  }

  /** It does not take its answers: all that it is still owed is dropped. */
  reset(): void {
    reset(this.socket);
    this.#over();
  }

  /** Closes it at once, whatever it is still owed. */
  cutOff(): void {
    this.socket.destroy();
    this.#over();
  }

  /**
   * The client has closed its side. Whether it could still read can't be told: as for nginx, it has gone. What is written
   * by then is left to leave.
   */
  #left(): void {
    if (this.#unanswered.first?.leaving === false) this.cutOff();
    else this.#gone(({ leaving }) => !leaving);
  }

  /** Closing at once, with bytes of the client unread, could cost it our last words (RFC 9112, 9.6). */
  #end(words: string): void {
    if (!this.socket.writable) return;
    this.socket.end(words, 'latin1');
    this.owner.ended(this);
  }

  #closed(): void {
    this.#over();
    this.owner.gone(this);
  }

  #over(): void {
    this.#closing = true;
    this.#gone(() => true);
  }

  #gone(which: (request: Unanswered) => boolean): void {
    let next: Unanswered | undefined;
    for (let request = this.#unanswered.first; request !== undefined; request = next) {
      next = request.after;
      if (which(request)) request.gone();
    }
  }
}
