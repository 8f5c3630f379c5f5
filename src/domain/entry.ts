import type { Delivery } from '../ports/exchange.js';
import type { Stored, StoredDelivery } from '../ports/journal.js';
import { queueName } from './address.js';
import type { Timed } from './deadlines.js';
import type { Ranked } from './heap.js';
import type { KnownId } from './known-id.js';
import type { Lease } from './lease.js';
import type { Linked } from './list.js';
import { type Body, lifetime, type Message, type SendOptions, STANDARD } from './message.js';
import type { Receipt } from './receipt.js';

/** Bytes that a waiting message costs beside its body, roughly; limits in bytes count it. */
export const OVERHEAD = 300;

/** Where a message is in its life; `over` covers finished, dead and dropped, expired and refused. */
export type Stage = (typeof STAGES)[number];

const STAGES = ['new', 'delayed', 'queued', 'out', 'over'] as const;

/** The time for which a message is kept from its queue. */
export class Delay implements Timed {
  slot = -1;

  constructor(
    readonly entry: Entry,
    /** When it ends. */
    readonly due: number,
    /** The message was given back: it returns to its old place. Otherwise it takes one at the end. */
    readonly returns: boolean,
  ) {}
}

/** Bits of an entry: of its stage, and one for each sign. */
const STAGE = 7;
const DIRTY = 8;
const REDELIVERED = 16;
const LEAVING = 32;
const KEPT = 64;

/** What only some messages need. */
export class More {
  /** What its sender asked for. */
  options = STANDARD;
  /** See `Entry.row`; 0: if it has one, it is its `seq`. */
  row = 0;
  /** See `Entry.place`. */
  place = -1;
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
export class Entry implements Message, Delivery, Stored, Timed, Ranked, Linked<Entry> {
  readonly to: string;
  readonly replyTo: string | undefined;
  readonly body: Body;
  readonly timeout: number;

  /** Its stage, and what is so of the signs below: a field of its own for each would cost 8 bytes. */
  #signs = 0;
  more: More | undefined = undefined;

  slot = -1;
  before: Entry | undefined = undefined;
  after: Entry | undefined = undefined;

  constructor(
    { to, replyTo, body, timeout, options }: Message,
    public seq: number,
    public due: number,
  ) {
    this.to = to;
    this.replyTo = replyTo;
    this.body = body;
    this.timeout = timeout;
    if (options !== STANDARD) this.extra.options = options;
  }

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

  /** The message itself: another object for it would cost 32 bytes. */
  get message(): Message {
    return this;
  }

  get stage(): Stage {
    return STAGES[this.#signs & STAGE] as Stage;
  }

  set stage(stage: Stage) {
    this.#signs = (this.#signs & ~STAGE) | STAGES.indexOf(stage);
  }

  get options(): SendOptions {
    return this.more?.options ?? STANDARD;
  }

  /** The `seq` under which the journal has it, or gets it in the commit under way; 0: it has not. */
  get row(): number {
    return this.#is(KEPT) ? this.more?.row || this.seq : 0;
  }

  set row(row: number) {
    this.#mark(KEPT, row !== 0);
    if (row !== 0 && row !== this.seq) this.extra.row = row;
    else if (this.more !== undefined) this.more.row = 0;
  }

  /** Gathered for the next commit. */
  get dirty(): boolean {
    return this.#is(DIRTY);
  }

  set dirty(dirty: boolean) {
    this.#mark(DIRTY, dirty);
  }

  /** What the journal knows of its deliveries is out of date. */
  get redelivered(): boolean {
    return this.#is(REDELIVERED);
  }

  set redelivered(redelivered: boolean) {
    this.#mark(REDELIVERED, redelivered);
  }

  /** It waits for its commit at its queue's end; then it is left to the journal. */
  get leaving(): boolean {
    return this.#is(LEAVING);
  }

  set leaving(leaving: boolean) {
    this.#mark(LEAVING, leaving);
  }

  /** Among those that were given back to its queue; -1: it is not. */
  get place(): number {
    return this.more?.place ?? -1;
  }

  set place(place: number) {
    this.extra.place = place;
  }

  #is(sign: number): boolean {
    return (this.#signs & sign) !== 0;
  }

  #mark(sign: number, is: boolean): void {
    this.#signs = is ? this.#signs | sign : this.#signs & ~sign;
  }

  get extra(): More {
    this.more ??= new More();
    return this.more;
  }

  get at(): string {
    return this.more?.at ?? this.to;
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
    return Entry.cost(this);
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
    this.renumber(seq);
    this.due = due;
    this.redelivered = false;
    this.stage = 'new';
  }

  /** It gets a place at the end of its queue; the journal still has it under the old one. */
  renumber(seq: number): void {
    const { row } = this;
    this.seq = seq;
    this.row = row;
  }
}
