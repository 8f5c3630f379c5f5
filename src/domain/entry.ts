import type { Delivery } from '../ports/exchange.js';
import type { Stored } from '../ports/journal.js';
import type { Span, Timed } from './deadlines.js';
import type { Ranked } from './heap.js';
import type { Linked } from './list.js';
import { lifetime, type Message } from './message.js';

/** Bytes that a waiting message costs beside its body, roughly; limits in bytes count it. */
export const OVERHEAD = 300;

/** Where a message is in its life; `over` covers finished, expired and refused. */
export type Stage = 'new' | 'queued' | 'out' | 'over';

/**
 * The bookkeeping of one message while the broker has it.
 *
 *     new -> queued <-> out -> over
 *     new -> out, queued -> over, new -> over
 *
 * `kept` is about the journal: `no` (never written), `pending` (in the batch being gathered), `yes` (handed to the
 * journal, so that its end must be written too).
 */
export class Entry implements Delivery, Stored, Timed, Ranked, Linked<Entry> {
  stage: Stage = 'new';
  kept: 'no' | 'pending' | 'yes' = 'no';

  span: Span | undefined = undefined;
  slot = 0;
  place = -1;
  before: Entry | undefined = undefined;
  after: Entry | undefined = undefined;

  constructor(
    readonly message: Message,
    readonly seq: number,
    readonly due: number,
  ) {}

  /** One that is taken now. */
  static of(message: Message, seq: number, now: number): Entry {
    return new Entry(message, seq, now + lifetime(message));
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
}
