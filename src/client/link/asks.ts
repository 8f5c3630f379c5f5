import type { ControlAnswer, DoneAnswer } from '../../protocol/tagged/answers.js';
import { Timeouts } from '../timeouts.js';
import type { Timing } from '../timing.js';
import type { Ask, LinkRefusal } from './ask.js';
import { ByTag } from './by-tag.js';
import type { Connection } from './connection.js';
import { Fifo } from './fifo.js';

/** Unanswered asks on one connection: half as many as the broker allows tags, so that receives have theirs. */
const WINDOW = 32_768;
/** Bytes that may wait for the kernel before more is said. */
const MOST_UNWRITTEN = 1024 * 1024;

const LOST: LinkRefusal = {
  code: 'connection-lost',
  text: 'the connection was lost, and whether the broker had carried it out is unknown',
};
const FULL: LinkRefusal = { code: 'full', text: 'as much waits for the broker as the client buffers' };
const EXPIRED: LinkRefusal = { code: 'expired', text: 'its time ran out before a broker took it' };
const EXPIRED_LATE: LinkRefusal = {
  code: 'expired',
  text: 'its time ran out while the broker was away; whether that had taken it is unknown',
};

/** How much waits for a connection at most. */
export interface BufferLimits {
  readonly messages: number;
  readonly bytes: number;
}

/**
 * What was asked and is not answered. Said in the order in which it was asked; after a lost connection all of it is said
 * again, in that order, but for what can't be repeated.
 */
export class Asks {
  readonly #pending = new ByTag<Ask>();
  /** Those not said on this connection. */
  readonly #unwritten = new Fifo<Ask>();
  /** Of `#unwritten`, those that are over. */
  #dead = 0;
  #unwrittenBytes = 0;
  #written = 0;
  #connection: Connection | undefined;
  #closed: LinkRefusal | undefined;
  /** While there is no connection: when what waits is no use any more. */
  readonly #timeouts: Timeouts<Ask>;

  /** @param roomy called when all was said, or is not to be */
  constructor(
    private readonly timing: Timing,
    private readonly limits: BufferLimits,
    private readonly roomy: () => void,
  ) {
    this.#timeouts = new Timeouts(timing, (ask) => this.#expire(ask));
  }

  /** How many are not answered. */
  get count(): number {
    return this.#pending.size;
  }

  /** How many were not said yet. */
  get waiting(): number {
    return this.#unwritten.size - this.#dead;
  }

  /** One more; refused at once if it would have to wait, and too much does. */
  add(ask: Ask): void {
    const connection = this.#connection;
    const isNext = connection !== undefined && this.#unwritten.size === 0 && this.#keepsUp(connection);
    const { messages, bytes } = this.limits;
    const full = !isNext && (this.waiting >= messages || this.#unwrittenBytes + ask.cost > bytes);
    const refusal = this.#closed ?? (full ? FULL : undefined);
    if (refusal !== undefined) {
      ask.over = true;
      ask.refused(refusal);
      return;
    }
    this.#pending.add(ask);
    if (isNext) {
      this.#say(connection, ask, this.timing.now());
      this.roomy();
      return;
    }
    this.#queue(ask);
    if (connection === undefined) this.#timeouts.add(ask);
    else this.pump();
  }

  /** Nobody waits for it any more. It is not said, if it was not yet. */
  drop(ask: Ask): boolean {
    if (ask.over || ask.tried) return false;
    this.#finish(ask);
    if (this.waiting === 0) this.roomy();
    return true;
  }

  connected(connection: Connection): void {
    this.#connection = connection;
    this.#timeouts.clear();
    this.pump();
  }

  lost(): void {
    this.#connection = undefined;
    this.#forget();
    for (const ask of this.#pending.all()) {
      // Who heard of an earlier one may have closed us.
      if (ask.over) continue;
      if (ask.written && !ask.repeatable) {
        this.#finish(ask);
        ask.refused(LOST);
        continue;
      }
      if (ask.written) this.#written--;
      ask.written = false;
      this.#queue(ask);
      this.#timeouts.add(ask);
    }
  }

  /** Says what waits, as far as the broker keeps up. */
  pump(): void {
    const connection = this.#connection;
    if (connection === undefined || this.#unwritten.size === 0) return;
    const now = this.timing.now();
    while (this.#keepsUp(connection)) {
      const ask = this.#unwritten.shift();
      if (ask === undefined) return this.roomy();
      if (ask.over) {
        this.#dead--;
        continue;
      }
      this.#unwrittenBytes -= ask.cost;
      this.#say(connection, ask, now);
    }
    if (this.#unwritten.size === 0) this.roomy();
  }

  #keepsUp(connection: Connection): boolean {
    return this.#written < WINDOW && connection.unwritten < MOST_UNWRITTEN;
  }

  #say(connection: Connection, ask: Ask, now: number): void {
    this.#written++;
    ask.written = true;
    if (ask.due <= now) this.#expire(ask);
    else connection.write(ask.text(now));
    ask.tried = true;
  }

  /** False: nobody asked that. */
  answered(answer: DoneAnswer | ControlAnswer): boolean {
    const ask = this.#pending.get(answer.tag);
    if (ask?.written !== true) return false;
    this.#finish(ask);
    ask.answered(answer);
    this.pump();
    return true;
  }

  /** False: nobody asked that. */
  refused(tag: string, refusal: LinkRefusal): boolean {
    const ask = this.#pending.get(tag);
    if (ask?.written !== true) return false;
    // The broker is about to stop. The next connection will tell.
    if (refusal.code === 'journal-failed' && ask.repeatable) return true;
    if (refusal.code === 'full' && ask.slim()) {
      ask.written = false;
      this.#written--;
      this.#queue(ask);
      this.pump();
      return true;
    }
    this.#finish(ask);
    ask.refused(refusal);
    this.pump();
    return true;
  }

  /** Refuses everything, also what is added after it. */
  fail(refusal: LinkRefusal): void {
    this.#closed = refusal;
    this.#connection = undefined;
    this.#timeouts.clear();
    this.#forget();
    for (const ask of this.#pending.all()) {
      this.#finish(ask);
      ask.refused(refusal);
    }
  }

  #queue(ask: Ask): void {
    this.#unwritten.push(ask);
    this.#unwrittenBytes += ask.cost;
  }

  #finish(ask: Ask): void {
    ask.over = true;
    this.#pending.remove(ask);
    if (ask.written) {
      this.#written--;
      return;
    }
    this.#timeouts.remove(ask);
    this.#unwrittenBytes -= ask.cost;
    this.#dead++;
    if (2 * this.#dead > this.#unwritten.size) this.#bury();
  }

  #forget(): void {
    this.#unwritten.clear();
    this.#dead = 0;
    this.#unwrittenBytes = 0;
  }

  /** Lets go of what is over and still in line. */
  #bury(): void {
    const left: Ask[] = [];
    for (let ask = this.#unwritten.shift(); ask !== undefined; ask = this.#unwritten.shift()) {
      if (!ask.over) left.push(ask);
    }
    for (const ask of left) this.#unwritten.push(ask);
    this.#dead = 0;
  }

  #expire(ask: Ask): void {
    this.#finish(ask);
    ask.refused(ask.tried ? EXPIRED_LATE : EXPIRED);
  }
}
