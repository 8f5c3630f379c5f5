import type { Entry } from './entry.js';

/** How much of what there is, right now and since the start. */
export interface Stats {
  readonly queues: number;
  /** Messages waiting, in memory or left to the journal. */
  readonly messages: number;
  /** Of those, the ones left to the journal. */
  readonly onDisk: number;
  /** Messages whose delay has not ended. */
  readonly delayed: number;
  /** What messages in memory and deliveries cost, as limits count it. */
  readonly bytes: number;
  /** Deliveries neither settled nor given back. */
  readonly deliveries: number;
  readonly receivers: number;
  /** Ids that are remembered. */
  readonly ids: number;
  readonly sent: number;
  readonly duplicates: number;
  readonly settled: number;
  /** Deliveries that came back: given back, their lease run out, or their connection broken. */
  readonly returned: number;
  readonly expired: number;
  /** Messages that became dead letters, or were dropped as dead. */
  readonly dead: number;
  readonly refused: number;
}

/** Counts of what there is, and of what has been. */
export class Tally {
  /** Messages that are not over, wherever they are. */
  messages = 0;
  /** Those left to the journal in their queues. */
  onDisk = 0;
  delayed = 0;
  /** What those in memory cost. */
  bytes = 0;
  deliveries = 0;
  receivers = 0;
  sent = 0;
  duplicates = 0;
  settled = 0;
  returned = 0;
  expired = 0;
  dead = 0;
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

  stats(queues: number, ids: number): Stats {
    const { messages, onDisk, delayed, bytes, deliveries, receivers } = this;
    const { sent, duplicates, settled, returned, expired, dead, refused } = this;
    const waiting = messages - deliveries - delayed;
    const present = { queues, messages: waiting, onDisk, delayed, bytes, deliveries, receivers, ids };
    return { ...present, sent, duplicates, settled, returned, expired, dead, refused };
  }
}
