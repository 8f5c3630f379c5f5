import type { Delivery } from '../ports/exchange.js';
import type { Stored, StoredDelivery } from '../ports/journal.js';
import { queueName } from './address.js';
import type { Span, Timed } from './deadlines.js';
import type { Ranked } from './heap.js';
import type { KnownId } from './known-ids.js';
import type { Lease } from './lease.js';
import type { Linked } from './list.js';
import { lifetime, type Message } from './message.js';
import type { Receipt } from './receipt.js';

/** Bytes that a waiting message costs beside its body, roughly; limits in bytes count it. */
export const OVERHEAD = 300;

/** Where a message is in its life; `over` covers finished, dead and dropped, expired and refused. */
export type Stage = 'new' | 'delayed' | 'queued' | 'out' | 'over';

/** The time for which a message is kept from its queue. */
export class Delay implements Timed {
  span: Span | undefined = undefined;
  slot = 0;

  constructor(
    readonly entry: Entry,
    /** When it ends. */
    readonly due: number,
    /** The message was given back: it returns to its old place. Otherwise it takes one at the end. */
    readonly returns: boolean,
  ) {}
}

/** What only some messages need. */
export class More {
  /** Of a dead letter: the full address it was moved to. */
  at: string | undefined = undefined;
  /** Leased deliveries so far. */
  attempts = 0;
  /** Those before it came to its present place. */
  attemptsBefore = 0;
  /** Somebody has sent to its reply address; noted for messages that are to be delivered once. */
  answered = false;
  delay: Delay | undefined = undefined;
  lease: Lease | undefined = undefined;
  known: KnownId | undefined = undefined;
  /** Receipts that are due when it is finished. */
  receipts: Receipt[] | undefined = undefined;
}

/**
 * The bookkeeping of one message while the broker has it in memory.
 *
 *     new -> delayed -> queued <-> out -> over        out -> delayed: given back for later
 *     new -> out, new | delayed | queued -> over
 */
export class Entry implements Delivery, Stored, Timed, Ranked, Linked<Entry> {
  stage: Stage = 'new';
  /** The `seq` under which the journal has it, or gets it in the commit under way; 0: it has not. */
  row = 0;
  /** Gathered for the next commit. */
  dirty = false;
  /** What the journal knows of its deliveries is out of date. */
  redelivered = false;
  /** It waits for its commit at its queue's end; then it is left to the journal. */
  leaving = false;
  more: More | undefined = undefined;

  span: Span | undefined = undefined;
  slot = 0;
  place = -1;
  before: Entry | undefined = undefined;
  after: Entry | undefined = undefined;

  constructor(
    readonly message: Message,
    public seq: number,
    public due: number,
  ) {}

  /** One that is taken now. */
  static of(message: Message, seq: number, now: number): Entry {
    return new Entry(message, seq, now + lifetime(message));
  }

  /** One that the journal has. */
  static stored({ message, seq, due, at, attempts }: Stored): Entry {
    const entry = new Entry(message, seq, due);
    entry.row = seq;
    if (at !== message.to) entry.extra.at = at;
    if (attempts > 0) {
      entry.extra.attempts = attempts;
      entry.extra.attemptsBefore = attempts;
    }
    return entry;
  }

  get extra(): More {
    this.more ??= new More();
    return this.more;
  }

  get at(): string {
    return this.more?.at ?? this.message.to;
  }

  get queue(): string {
    return queueName(this.at);
  }

  get isDeadLetter(): boolean {
    return this.more?.at !== undefined;
  }

  /** Of the delivery that is under way, or comes next. */
  get attempt(): number {
    return (this.more?.attempts ?? 0) + 1;
  }

  /** Its deliveries under a lease are `Lease`s. */
  get name(): undefined {
    return undefined;
  }

  get lease(): number {
    return 0;
  }

  get attempts(): number {
    return this.more?.attemptsBefore ?? 0;
  }

  get ready(): number {
    const delay = this.more?.delay;
    return delay === undefined || delay.returns ? 0 : delay.due;
  }

  get fingerprint(): number {
    return this.more?.known?.fingerprint ?? 0;
  }

  get rank(): number {
    return this.seq;
  }

  /** Bytes, as limits count them. */
  get cost(): number {
    return Entry.cost(this.message);
  }

  static cost(message: Message): number {
    return message.body.length + OVERHEAD;
  }

  /** For the journal. */
  deliveryState(): StoredDelivery {
    const { attempts, answered, lease, delay } = this.extra;
    const until = lease?.until ?? delay?.due ?? 0;
    return { seq: this.seq, attempts, name: lease?.name, until, answered };
  }

  /** It gets another place: as a dead letter at `at`, or, if that is undefined, where it was sent to. */
  move(at: string | undefined, seq: number, due: number): void {
    const { extra } = this;
    extra.at = at;
    extra.attemptsBefore = extra.attempts;
    extra.answered = false;
    extra.delay = undefined;
    this.seq = seq;
    this.due = due;
    this.redelivered = false;
    this.stage = 'new';
  }
}
