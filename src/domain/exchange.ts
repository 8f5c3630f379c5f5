import type { Alarm, Clock } from '../ports/clock.js';
import type { Delivery, Exchange, Receive, Receiver, Sender, Stats, Wanted } from '../ports/exchange.js';
import type { Ids } from '../ports/ids.js';
import type { Journal } from '../ports/journal.js';
import type { Turn } from '../ports/turn.js';
import { queueName } from './address.js';
import { Commits } from './commits.js';
import { Deadlines } from './deadlines.js';
import { Entry } from './entry.js';
import { noRoom, type QueueLimits } from './limits.js';
import type { Message } from './message.js';
import type { Queue } from './queue.js';
import { Queues } from './queues.js';
import { Place, Waiter } from './receivers.js';
import { RunningTime } from './running-time.js';
import { Tally } from './tally.js';

/** Deadlines that are dealt with in one go, so that a million which pass together hold up nobody. */
const MOST_AT_ONCE = 10_000;

/** What an exchange works with. */
export interface ExchangeParts {
  readonly clock: Clock;
  readonly turn: Turn;
  readonly ids: Ids;
  readonly journal: Journal;
  readonly limits: QueueLimits;
  /** Called once when a commit failed in a way after which no promise can be kept. */
  readonly journalFailed: (cause: Error) => void;
}

/**
 * The broker's mind: who waits for what, what waits for whom, and what happens when time passes. No step costs more
 * because more waits. All times in here are running time.
 */
export class LocalExchange implements Exchange {
  readonly #queues: Queues;
  readonly #deadlines = new Deadlines<Entry | Waiter>();
  readonly #alarm: Alarm;
  readonly #commits: Commits | undefined;
  readonly #time: RunningTime;
  readonly #tally = new Tally();
  #nextSeq = 1;

  constructor(private readonly parts: ExchangeParts) {
    this.#queues = new Queues(seedFrom(parts.ids.unguessable()));
    this.#time = new RunningTime(parts.clock);
    this.#alarm = parts.clock.alarm(() => this.#ring());
    if (parts.journal.sync !== 'off') {
      this.#commits = new Commits(parts.journal, parts.turn, {
        moment: () => this.#time.moment(),
        discard: (entry) => this.#discard(entry),
        retryChanged: () => this.#setAlarm(),
        journalFailed: parts.journalFailed,
      });
    }
  }

  /**
   * Takes up what the journal holds, before anything else is asked.
   * @throws what the journal throws when it is damaged
   */
  restore(): void {
    const last = this.parts.journal.restore(({ message, seq, due }) => {
      const entry = new Entry(message, seq, due);
      entry.kept = 'yes';
      this.#nextSeq = seq + 1;
      this.#tally.begin(entry);
      this.#wait(this.#queue(queueName(message.to)), entry);
    });
    if (last === undefined) return;
    this.#time.resume(last);
    this.#ring();
  }

  /** Calls `done` once all that was sent and finished so far is committed, or nothing more can be. */
  drain(done: () => void): void {
    if (this.#commits === undefined) done();
    else this.#commits.drain(done);
  }

  /** Stops the clock: nothing expires any more. */
  stop(): void {
    this.#alarm.clear();
  }

  send(message: Message, sender: Sender, tag: string): void {
    const name = queueName(message.to);
    const queue = this.#queues.get(name);
    const place = queue?.receivers.first;
    const refusal =
      this.#commits?.refusal ??
      (place === undefined ? noRoom(this.parts.limits, this.#tally, queue, message) : undefined);
    if (refusal !== undefined) {
      this.#tally.refused++;
      sender.refused(tag, refusal);
      return;
    }
    this.#tally.sent++;
    const entry = Entry.of(message, this.#nextSeq++, this.#time.now());
    this.#commits?.add(entry, sender, tag);
    this.#tally.begin(entry);
    if (place !== undefined) this.#hand(entry, place.waiter);
    else this.#wait(queue ?? this.#queues.add(name), entry);
    if (this.#commits === undefined) sender.accepted(tag);
  }

  receive(wanted: Wanted, receiver: Receiver): Receive {
    const now = this.#time.now();
    const waiter = new Waiter(receiver, wanted.count, now + wanted.timeout);
    for (const address of wanted.addresses) {
      for (let entry = this.#take(address, now); entry !== undefined; entry = this.#take(address, now)) {
        this.#hand(entry, waiter);
        if (waiter.wants === 0) return waiter;
      }
    }
    if (wanted.timeout === 0) {
      receiver.expired(waiter);
      return waiter;
    }
    this.#lineUp(waiter, wanted.addresses);
    return waiter;
  }

  withdraw(receive: Receive): void {
    const waiter = receive as Waiter;
    if (waiter.waiting) this.#leave(waiter);
  }

  settle(delivery: Delivery): void {
    const entry = delivery as Entry;
    if (entry.stage !== 'out') return;
    this.#tally.deliveries--;
    this.#tally.settled++;
    this.#end(entry);
  }

  giveBack(delivery: Delivery): void {
    const entry = delivery as Entry;
    if (entry.stage !== 'out') return;
    this.#tally.deliveries--;
    if (entry.due <= this.#time.now()) {
      this.#tally.expired++;
      this.#end(entry);
      return;
    }
    const queue = this.#queue(queueName(entry.message.to));
    const place = queue.receivers.first;
    if (place !== undefined) {
      this.#hand(entry, place.waiter);
      return;
    }
    entry.stage = 'queued';
    queue.putBack(entry);
    this.#watch(entry);
  }

  replyAddress(): string {
    return this.parts.ids.unguessable();
  }

  stats(): Stats {
    return this.#tally.stats(this.#queues.size);
  }

  // Messages

  #wait(queue: Queue, entry: Entry): void {
    entry.stage = 'queued';
    queue.append(entry);
    this.#watch(entry);
  }

  /** The head of an address's queue, taken out; messages found to have expired are dropped on the way. */
  #take(address: string, now: number): Entry | undefined {
    const queue = this.#queues.get(address);
    for (let entry = queue?.head; entry !== undefined; entry = queue?.head) {
      this.#unqueue(entry, queue as Queue);
      if (entry.due > now) return entry;
      this.#tally.expired++;
      this.#end(entry);
    }
    return undefined;
  }

  #unqueue(entry: Entry, queue = this.#queue(queueName(entry.message.to))): void {
    queue.remove(entry);
    this.#deadlines.remove(entry);
    this.#forgetIfIdle(queue);
  }

  #hand(entry: Entry, waiter: Waiter): void {
    const { waiting } = waiter;
    waiter.wants--;
    if (waiter.wants === 0) {
      if (waiting) this.#leave(waiter);
    } else if (waiting) {
      waiter.leave();
      waiter.lineUp();
    }
    entry.stage = 'out';
    this.#tally.deliveries++;
    waiter.receiver.deliver(entry, waiter);
  }

  #discard(entry: Entry): void {
    this.#unqueue(entry);
    this.#tally.refused++;
    this.#end(entry);
  }

  /** The message is over, and in no queue. */
  #end(entry: Entry): void {
    entry.stage = 'over';
    this.#commits?.remove(entry);
    this.#tally.end(entry);
  }

  // Receivers

  #lineUp(waiter: Waiter, addresses: readonly string[]): void {
    for (let i = 0; i < addresses.length; i++) {
      const address = addresses[i] as string;
      if (addresses.indexOf(address) === i) waiter.places.push(new Place(waiter, this.#queue(address)));
    }
    waiter.lineUp();
    this.#tally.receivers++;
    this.#watch(waiter);
  }

  #leave(waiter: Waiter): void {
    waiter.leave();
    this.#tally.receivers--;
    this.#deadlines.remove(waiter);
    for (const place of waiter.places) this.#forgetIfIdle(place.queue);
  }

  // Queues

  #queue(name: string): Queue {
    return this.#queues.get(name) ?? this.#queues.add(name);
  }

  #forgetIfIdle(queue: Queue): void {
    if (queue.idle) this.#queues.remove(queue);
  }

  // Time

  #watch(item: Entry | Waiter): void {
    const before = this.#deadlines.next;
    this.#deadlines.add(item);
    if (this.#deadlines.next < before) this.#setAlarm();
  }

  #setAlarm(): void {
    const next = Math.min(this.#deadlines.next, this.#commits?.retryAt ?? Number.POSITIVE_INFINITY);
    if (next === Number.POSITIVE_INFINITY) this.#alarm.clear();
    else this.#alarm.set(this.#time.toClock(next));
  }

  #ring(): void {
    const now = this.#time.now();
    for (let n = 0; n < MOST_AT_ONCE; n++) {
      const item = this.#deadlines.passed(now);
      if (item === undefined) break;
      if (item instanceof Waiter) {
        this.#leave(item);
        item.receiver.expired(item);
      } else {
        this.#unqueue(item);
        this.#tally.expired++;
        this.#end(item);
      }
    }
    if (this.#commits !== undefined && this.#commits.retryAt <= now) this.#commits.retry();
    this.#setAlarm();
  }
}

/** 30 bits of a name that nobody can guess. */
function seedFrom(name: string): number {
  let seed = 0;
  for (let i = 0; i < name.length; i++) seed = (Math.imul(seed, 131) + name.charCodeAt(i)) & 0x3fffffff;
  return seed;
}
