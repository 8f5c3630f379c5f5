import type { Stats } from '../ports/exchange.js';
import type { Entry } from './entry.js';

/** Counts of what there is, and of what has been. */
export class Tally {
  /** Messages that are not over, and their cost. */
  messages = 0;
  bytes = 0;
  deliveries = 0;
  receivers = 0;
  sent = 0;
  settled = 0;
  expired = 0;
  refused = 0;

  /** A message is there from now on. */
  begin(entry: Entry): void {
    this.messages++;
    this.bytes += entry.cost;
  }

  /** A message is over. */
  end(entry: Entry): void {
    this.messages--;
    this.bytes -= entry.cost;
  }

  stats(queues: number): Stats {
    const { messages, bytes, deliveries, receivers, sent, settled, expired, refused } = this;
    return { queues, messages: messages - deliveries, bytes, deliveries, receivers, sent, settled, expired, refused };
  }
}
