import type { Duplex } from 'node:stream';
import type { Delivery } from '../../ports/exchange.js';
import type { Turn } from '../../ports/turn.js';
import { SLOW } from './session-parts.js';
import { type Unsent, Writer, type WriterOwner } from './writer.js';

/** Whose client it is. */
export interface AnswersOwner {
  /** The bytes of these have left the broker. */
  written(deliveries: readonly Delivery[]): void;
  /** The client was slow, and has read everything now. */
  listensAgain(): void;
  /** The client leaves more answers unread than is allowed. */
  readsNothing(): void;
  blocked(): void;
  unblocked(): void;
  /** All is written, for the time being. */
  quiet(): void;
  finished(): void;
}

/** What a tagged client is told, and whether it reads that. Messages are kept back from one that is slow, answers can't be. */
export class Answers implements WriterOwner {
  slow = false;
  readonly #writer: Writer;
  /** Bytes of answers that came while the client was slow. */
  #unread = 0;
  /** The kernel has not taken what was written. */
  #blocked = false;

  constructor(
    stream: Duplex,
    turn: Turn,
    /** Bytes of answers, messages not counted, that may be unread by a slow client. */
    public most: number,
    private readonly owner: AnswersOwner,
  ) {
    this.#writer = new Writer(stream, turn, this);
  }

  get unwritten(): number {
    return this.#writer.unwritten;
  }

  get isBlocked(): boolean {
    return this.#blocked;
  }

  say(text: string): void {
    this.#writer.write(text);
    this.#lookForSlowness();
    if (!this.slow) return;
    this.#unread += text.length;
    if (this.#unread > this.most) this.owner.readsNothing();
  }

  /** Says what carries a delivery. */
  deliver(text: string, delivery: Delivery): void {
    this.#writer.deliver(text, delivery);
    this.#lookForSlowness();
  }

  /** Nothing may be said after that. */
  end(): void {
    this.#writer.end();
  }

  abandon(): Unsent {
    return this.#writer.abandon();
  }

  #lookForSlowness(): void {
    if (this.#writer.unwritten > SLOW) this.slow = true;
  }

  // What the writer says

  written(deliveries: readonly Delivery[]): void {
    this.owner.written(deliveries);
  }

  blocked(): void {
    this.#blocked = true;
    this.owner.blocked();
  }

  caughtUp(): void {
    if (this.#blocked) {
      this.#blocked = false;
      this.owner.unblocked();
    }
    if (this.slow) {
      this.slow = false;
      this.#unread = 0;
      this.owner.listensAgain();
    }
    if (this.#writer.unwritten === 0) this.owner.quiet();
  }

  finished(): void {
    this.owner.finished();
  }
}
