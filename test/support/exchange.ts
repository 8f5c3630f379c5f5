import { MemoryJournal } from '../../src/adapters/journal/memory/journal.js';
import type { Control } from '../../src/domain/control.js';
import type { Refusal } from '../../src/domain/errors.js';
import { LocalExchange } from '../../src/domain/exchange.js';
import type { QueueLimits } from '../../src/domain/limits.js';
import { Message, type SendOptions, STANDARD } from '../../src/domain/message.js';
import type { Asker, Delivery, Exchange, Receive, Receiver, Sender, Wanted } from '../../src/ports/exchange.js';
import type { Journal } from '../../src/ports/journal.js';
import { ManualClock } from './clock.js';
import { CountingIds } from './ids.js';
import { ManualTurn } from './turn.js';

export const NO_LIMITS: QueueLimits = {
  queueMessages: Number.POSITIVE_INFINITY,
  queueBytes: Number.POSITIVE_INFINITY,
  messages: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
  memory: Number.POSITIVE_INFINITY,
  ids: Number.POSITIVE_INFINITY,
  deadLifetime: 7 * 24 * 3600 * 1000,
};

/** A receiver that writes down what it hears. */
export class Hearer implements Receiver {
  readonly deliveries: Delivery[] = [];
  readonly lapses: Delivery[] = [];
  expirations = 0;
  slow = false;
  /** For tests that look at the order among several receivers. */
  onDelivery: (delivery: Delivery, receive: Receive) => void = () => undefined;

  deliver(delivery: Delivery, receive: Receive): void {
    this.deliveries.push(delivery);
    this.onDelivery(delivery, receive);
  }

  expired(): void {
    this.expirations++;
  }

  lapsed(delivery: Delivery): void {
    this.lapses.push(delivery);
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
  /** The tags of those accepted that had been taken before. */
  readonly duplicates: string[] = [];
  readonly refusals: { readonly tag: string; readonly refusal: Refusal }[] = [];

  accepted(tag: string, duplicate: boolean): void {
    this.accepts.push(tag);
    if (duplicate) this.duplicates.push(tag);
  }

  refused(tag: string, refusal: Refusal): void {
    this.refusals.push({ tag, refusal });
  }
}

/** An asker that writes down what it hears. */
export class Listener implements Asker {
  readonly answers = new Map<string, object>();
  readonly refusals: { readonly tag: string; readonly refusal: Refusal }[] = [];

  answered(tag: string, answer: object): void {
    this.answers.set(tag, answer);
  }

  refused(tag: string, refusal: Refusal): void {
    this.refusals.push({ tag, refusal });
  }
}

export interface WorldOptions {
  readonly journal?: Journal;
  readonly limits?: Partial<QueueLimits>;
  readonly clock?: ManualClock;
  /** What the names it makes begin with. */
  readonly names?: string;
}

/** An exchange with time, turns and a journal in the hands of the test. */
export class World {
  readonly clock: ManualClock;
  readonly turn = new ManualTurn();
  readonly teller = new Teller();
  readonly listener = new Listener();
  readonly failures: Error[] = [];
  readonly exchange: LocalExchange;
  #asked = 0;

  constructor({ journal = new MemoryJournal(), limits = {}, clock = new ManualClock(), names }: WorldOptions = {}) {
    this.clock = clock;
    this.exchange = new LocalExchange({
      clock,
      turn: this.turn,
      ids: new CountingIds(names),
      journal,
      limits: { ...NO_LIMITS, ...limits },
      journalFailed: (cause) => this.failures.push(cause),
    });
  }

  /** Sends `body`, which is also the tag. */
  send(to: string, body: string, seconds = 60, options: Partial<SendOptions> = {}, replyTo?: string): void {
    this.exchange.send(message(to, body, seconds, replyTo, options), this.teller, body);
  }

  /** @param lease in seconds, as is `seconds`; 0: without one */
  receive(addresses: string | readonly string[], seconds = 60, count = 1, receiver = new Hearer(), lease = 0): Hearing {
    return { receiver, receive: this.exchange.receive(wanted(addresses, seconds, count, lease), receiver) };
  }

  /** A receive under a lease of 30 seconds, unless another is given. */
  lease(addresses: string | readonly string[], count = 1, lease = 30, receiver = new Hearer()): Hearing {
    return this.receive(addresses, 60, count, receiver, lease);
  }

  /** Inspects or controls, ends the turn, and returns the answer. */
  ask(control: Control): object {
    const tag = `ask ${++this.#asked}`;
    this.exchange.control(control, this.listener, tag);
    this.turn.end();
    const answer = this.listener.answers.get(tag);
    if (answer === undefined) throw new Error(`no answer to ${control.command}`);
    return answer;
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

/** Times in seconds. */
export function wanted(addresses: string | readonly string[], seconds = 60, count = 1, lease = 0): Wanted {
  const list = typeof addresses === 'string' ? [addresses] : addresses;
  return { addresses: list, timeout: seconds * 1000, count, lease: lease * 1000 };
}

export function message(
  to: string,
  body: string,
  seconds = 60,
  replyTo?: string,
  options: Partial<SendOptions> = STANDARD,
): Message {
  const all = options === STANDARD ? STANDARD : { ...STANDARD, ...options };
  return new Message(to, replyTo, body, seconds * 1000, all);
}

/** The message that was delivered, and nothing of what an exchange may keep with it. */
export function delivered(delivery: Delivery | undefined): Message | undefined {
  if (delivery === undefined) return undefined;
  const { to, replyTo, body, timeout, options } = delivery.message;
  return new Message(to, replyTo, body, timeout, options);
}

/** Settles all that came. */
export function settleAll(exchange: Exchange, { deliveries }: Hearer): void {
  for (const delivery of deliveries) exchange.settle(delivery);
}

/** What `stats` says of the present when nothing is there. */
export const EMPTY = { queues: 0, messages: 0, onDisk: 0, delayed: 0, bytes: 0, deliveries: 0, receivers: 0 };

/** What `stats` says of the past when nothing has happened, and of ids. */
export const NOTHING_YET = {
  ids: 0,
  sent: 0,
  duplicates: 0,
  settled: 0,
  returned: 0,
  expired: 0,
  dead: 0,
  refused: 0,
};
