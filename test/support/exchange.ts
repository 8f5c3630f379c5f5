import { MemoryJournal } from '../../src/adapters/journal/memory/journal.js';
import type { Refusal } from '../../src/domain/errors.js';
import { LocalExchange } from '../../src/domain/exchange.js';
import type { QueueLimits } from '../../src/domain/limits.js';
import { Message } from '../../src/domain/message.js';
import type { Delivery, Exchange, Receive, Receiver, Sender } from '../../src/ports/exchange.js';
import type { Journal } from '../../src/ports/journal.js';
import { ManualClock } from './clock.js';
import { CountingIds } from './ids.js';
import { ManualTurn } from './turn.js';

export const NO_LIMITS: QueueLimits = {
  queueMessages: Number.POSITIVE_INFINITY,
  queueBytes: Number.POSITIVE_INFINITY,
  messages: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
};

/** A receiver that writes down what it hears. */
export class Hearer implements Receiver {
  readonly deliveries: Delivery[] = [];
  expirations = 0;
  /** For tests that look at the order among several receivers. */
  onDelivery: (delivery: Delivery, receive: Receive) => void = () => undefined;

  deliver(delivery: Delivery, receive: Receive): void {
    this.deliveries.push(delivery);
    this.onDelivery(delivery, receive);
  }

  expired(): void {
    this.expirations++;
  }

  /** The bodies of what came. */
  get bodies(): string[] {
    return this.deliveries.map(({ message }) => message.body);
  }

  /** The delivery with this body. */
  of(body: string): Delivery {
    const found = [...this.deliveries].reverse().find(({ message }) => message.body === body);
    if (found === undefined) throw new Error(`nothing with the body ${body} came`);
    return found;
  }
}

/** A sender that writes down what became of its sends. */
export class Teller implements Sender {
  readonly accepts: string[] = [];
  readonly refusals: { readonly tag: string; readonly refusal: Refusal }[] = [];

  accepted(tag: string): void {
    this.accepts.push(tag);
  }

  refused(tag: string, refusal: Refusal): void {
    this.refusals.push({ tag, refusal });
  }
}

export interface WorldOptions {
  readonly journal?: Journal;
  readonly limits?: Partial<QueueLimits>;
  readonly clock?: ManualClock;
}

/** An exchange with time, turns and a journal in the hands of the test. */
export class World {
  readonly clock: ManualClock;
  readonly turn = new ManualTurn();
  readonly teller = new Teller();
  readonly failures: Error[] = [];
  readonly exchange: LocalExchange;

  constructor({ journal = new MemoryJournal(), limits = {}, clock = new ManualClock() }: WorldOptions = {}) {
    this.clock = clock;
    this.exchange = new LocalExchange({
      clock,
      turn: this.turn,
      ids: new CountingIds(),
      journal,
      limits: { ...NO_LIMITS, ...limits },
      journalFailed: (cause) => this.failures.push(cause),
    });
  }

  /** Sends `body`, which is also the tag. */
  send(to: string, body: string, seconds = 60): void {
    this.exchange.send(message(to, body, seconds), this.teller, body);
  }

  receive(addresses: string | readonly string[], seconds = 60, count = 1, receiver = new Hearer()): Hearing {
    const list = typeof addresses === 'string' ? [addresses] : addresses;
    return { receiver, receive: this.exchange.receive({ addresses: list, timeout: seconds * 1000, count }, receiver) };
  }

  /** Ends turns, one after each turn of the event loop, until this is so. */
  async turnsUntil(what: () => boolean): Promise<void> {
    while (!what()) {
      await new Promise((resolve) => setImmediate(resolve));
      this.turn.end();
    }
  }

  /** The bodies of what one address holds, taken and settled. */
  takeAll(address: string): string[] {
    const { receiver } = this.receive(address, 0, Number.POSITIVE_INFINITY);
    for (const delivery of receiver.deliveries) this.exchange.settle(delivery);
    return receiver.bodies;
  }
}

export interface Hearing {
  readonly receiver: Hearer;
  readonly receive: Receive;
}

export function message(to: string, body: string, seconds = 60, replyTo?: string): Message {
  return new Message(to, replyTo, body, seconds * 1000);
}

/** Settles all that came. */
export function settleAll(exchange: Exchange, { deliveries }: Hearer): void {
  for (const delivery of deliveries) exchange.settle(delivery);
}

/** What `stats` says of the present when nothing is there. */
export const EMPTY = { queues: 0, messages: 0, bytes: 0, deliveries: 0, receivers: 0 };
