import { queueName } from '../../src/domain/address.js';
import type { Message } from '../../src/domain/message.js';
import type { Delivery } from '../../src/ports/exchange.js';
import type { Outcome } from '../../src/ports/journal.js';
import type { Instant } from './scene.js';

/** A delivery, as the one who has it sees it. */
export interface Out {
  /** Undefined: it is from before a restart, and nobody has claimed it. */
  delivery: Delivery | undefined;
  readonly name: string | undefined;
  /** Its bytes have left, or it has been claimed. */
  written: boolean;
  /** When its lease ends. */
  end: number;
}

/** What is known of a sender's id. `from` and `to`: when its message was finished, as far as can be told. */
export interface IdState {
  readonly state: 'none' | 'live' | 'finished';
  readonly outcome: Outcome;
  readonly from: number;
  readonly to: number;
}

export const NO_ID: IdState = { state: 'none', outcome: 'done', from: 0, to: 0 };

/** One message, and all that an onlooker knows of it. Times are running times; ticks say what came before what. */
export class Item {
  where: 'waiting' | 'delayed' | 'out' | 'over' = 'waiting';
  at: string;
  queue: string;
  due: number;
  /** When its delay ends, and whether it then has its old place. */
  until = 0;
  returns = false;
  /** It took its place at its queue's end no sooner, and no later. */
  placedFrom: number;
  placedTo: number;
  /** It is in its queue for certain from this tick on. */
  since: number;
  /** Deliveries under a lease that count; and the highest number of one whose bytes have left. */
  attempts = 0;
  seen = 0;
  /** Milliseconds by which it may expire sooner than it seems: what it is due to was not seen when it happened. */
  dueSlack = 0;
  /** A dead letter; and whether it ever was one, or was dropped as one. */
  dead = false;
  hasDied = false;
  /** It may have been dropped, moved or sent back meanwhile: the disk will tell. */
  unsure = false;
  /** Among that, it may have died, and been sent back to where it was. */
  mayHaveDied = false;
  /** Its sender has a receipt. */
  receipted = false;
  refused = false;
  outcome: Outcome = 'done';
  /** It was finished after so many commits had been asked for. */
  overAfter = 0;
  id: IdState = NO_ID;
  out: Out | undefined;
  /** When a delivery under a lease was last decided on, and when somebody last sent to its reply address. */
  grantedAt = 0;
  repliedAt = 0;
  /** That send has a receipt, so that the answer can't be forgotten. */
  replyKept = false;
  answered = false;
  /** Deliveries it had before it was sent back as new, for as long as that may be undone by a crash. */
  attemptsBefore = 0;
  seenBefore = Number.POSITIVE_INFINITY;
  /** When it was last certain that its delay had not ended; when it became unsure. */
  lookedAt = 0;
  doubtedAt: Instant = { tick: 0, now: 0 };

  constructor(
    readonly message: Message,
    /** The tick at which it was sent. */
    readonly sentAt: number,
    now: number,
  ) {
    const { to, timeout, options } = message;
    this.at = to;
    this.queue = queueName(to);
    this.due = now + (timeout === 0 ? 1000 : timeout);
    this.placedFrom = sentAt;
    this.placedTo = sentAt;
    this.since = sentAt;
    if (options.delay > 0) this.delayedUntil(now + options.delay, false, sentAt);
    if (options.id !== undefined) this.id = { ...NO_ID, state: 'live' };
  }

  get body(): string {
    return this.message.body;
  }

  /** It took its place no sooner; if it has not, it takes it later than this. */
  get earliest(): number {
    return this.placedFrom === Number.POSITIVE_INFINITY ? this.lookedAt : this.placedFrom;
  }

  /** Whether it would not be delivered again if it came back. */
  get isSpent(): boolean {
    return this.answered || (!this.dead && this.attempts >= this.message.options.attempts);
  }

  /** It is in its old place again. */
  return(tick: number): void {
    this.where = 'waiting';
    this.out = undefined;
    this.since = tick;
  }

  returnLater(until: number): void {
    this.out = undefined;
    this.delayedUntil(until, true, 0);
  }

  /** @param tick it was delayed still */
  delayedUntil(until: number, returns: boolean, tick: number): void {
    this.where = 'delayed';
    this.lookedAt = tick;
    this.until = until;
    this.returns = returns;
    this.since = Number.POSITIVE_INFINITY;
    if (returns) return;
    this.placedFrom = Number.POSITIVE_INFINITY;
    this.placedTo = Number.POSITIVE_INFINITY;
  }

  /** It takes a place at the end of this address's queue. */
  move(at: string, due: number, tick: number): void {
    this.where = 'waiting';
    this.out = undefined;
    this.at = at;
    this.queue = queueName(at);
    this.due = due;
    this.placedFrom = tick;
    this.placedTo = tick;
    this.since = tick;
    this.answered = false;
  }

  /** It is back where it was sent to, as new. */
  kicked(): void {
    this.attemptsBefore = this.attempts;
    this.seenBefore = 0;
    this.attempts = 0;
    this.seen = 0;
    this.grantedAt = 0;
    this.repliedAt = 0;
    this.dead = false;
  }

  end(outcome: Outcome, issued: number): void {
    this.where = 'over';
    this.out = undefined;
    this.outcome = outcome;
    this.overAfter = issued;
    this.unsure = false;
  }

  /** What is to be remembered of its id. */
  concludeId(outcome: Outcome, from: number, to = from): void {
    if (this.id.state === 'live') this.id = { state: 'finished', outcome, from, to };
  }
}
