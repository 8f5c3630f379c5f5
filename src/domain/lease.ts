import type { Delivery, Receiver } from '../ports/exchange.js';
import type { Timed } from './deadlines.js';
import type { Entry } from './entry.js';
import type { Message } from './message.js';
import type { Queue } from './queue.js';
import type { Waiter } from './receivers.js';

/**
 * One delivery under a lease.
 *
 *     decided -> made -> running -> over        `decided`: it waits for the journal; `running`: its last byte was written
 *     any -> over
 */
export class Lease implements Delivery, Timed {
  state: 'decided' | 'made' | 'running' | 'over' = 'decided';
  /** When it ends; Infinity until it is running. */
  due = Number.POSITIVE_INFINITY;
  /** When the journal believes it to end. */
  until: number;
  slot = -1;

  constructor(
    readonly entry: Entry,
    /** Where it is from. It is not forgotten while the lease is not over. */
    readonly queue: Queue,
    readonly name: string,
    /** Undefined for one from before a restart that nobody has claimed. */
    public receiver: Receiver | undefined,
    /** The receive it answers. */
    readonly waiter: Waiter | undefined,
    readonly lease: number,
    until: number,
  ) {
    this.until = until;
  }

  get message(): Message {
    return this.entry.message;
  }

  get at(): string {
    return this.entry.at;
  }

  get attempt(): number {
    return this.entry.more?.attempts ?? 1;
  }
}
