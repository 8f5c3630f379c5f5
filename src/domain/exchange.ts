import type { Asker, Delivery, Exchange, Receive, Receiver, Sender, Wanted } from '../ports/exchange.js';
import { Absent } from './absent.js';
import { isDeadAddress, queueName } from './address.js';
import { Backlog } from './backlog.js';
import type { Control } from './control.js';
import { Core, type ExchangeParts } from './core.js';
import { Delays } from './delays.js';
import { Ends } from './ends.js';
import { Delay, Entry } from './entry.js';
import type { Refusal } from './errors.js';
import { fingerprint } from './fingerprint.js';
import { Inspection } from './inspection.js';
import { KnownId } from './known-id.js';
import { Lease } from './lease.js';
import { Leases } from './leases.js';
import { noRoom } from './limits.js';
import { Lines } from './lines.js';
import { type Message, STANDARD } from './message.js';
import type { Queue } from './queue.js';
import { Receipt, withReceipt } from './receipt.js';
import { Waiter } from './receivers.js';
import { Restore } from './restore.js';
import { Taking } from './taking.js';
import type { Stats } from './tally.js';

export type { ExchangeParts } from './core.js';

/** Deadlines that are dealt with in one go, so that a million which pass together hold up nobody. */
const MOST_AT_ONCE = 10_000;

const CONFLICT: Refusal = {
  code: 'id-conflict',
  text: 'this id was used for a message with another body or reply address',
};
const TO_THE_DEAD: Refusal = { code: 'bad-address', text: 'only the broker sends to dead:…; name another address' };
const TOO_MANY_IDS: Refusal = { code: 'full', text: 'the broker remembers as many ids as it may' };

/**
 * The broker's mind: who waits for what, what waits for whom, and what happens when time passes. No step costs more
 * because more waits. All times in here are running time.
 */
export class LocalExchange implements Exchange {
  readonly #core: Core;
  readonly #inspection: Inspection;

  constructor(parts: ExchangeParts) {
    const core = new Core(parts, () => this.#ring());
    core.lines = new Lines(core);
    core.leases = new Leases(core);
    core.ends = new Ends(core);
    core.absent = new Absent(core);
    core.backlog = new Backlog(core);
    core.delays = new Delays(core);
    this.#core = core;
    this.#inspection = new Inspection(core);
  }

  /**
   * Takes up what the journal holds, before anything else is asked.
   * @throws what the journal throws when it is damaged
   */
  restore(): void {
    const core = this.#core;
    const restore = new Restore(core);
    const last = core.parts.journal.restore(restore);
    if (last === undefined) return;
    core.lastSeq = last.lastSeq;
    core.time.resume(last.moment);
    restore.end();
    this.#ring();
  }

  /** Calls `done` once all that was sent and finished so far is committed, or nothing more can be. */
  drain(done: () => void): void {
    const { commits } = this.#core;
    if (commits === undefined) done();
    else commits.drain(done);
  }

  flush(done: () => void): void {
    const { commits } = this.#core;
    if (commits === undefined) done();
    else commits.flush(done);
  }

  isBehind(caughtUp: () => void): boolean {
    return this.#core.commits?.isBehind(caughtUp) ?? false;
  }

  /** Stops the clock: nothing expires any more. */
  stop(): void {
    this.#core.stop();
  }

  send(message: Message, sender: Sender, tag: string): void {
    const core = this.#core;
    const { options } = message;
    const { id } = options;
    const before = id === undefined ? undefined : core.known.get(message.to, id);
    if (before !== undefined) {
      this.#repeated(before, message, sender, tag);
      return;
    }
    const queue = core.queues.get(queueName(message.to));
    const refusal = this.#refusal(message, queue);
    if (refusal !== undefined) {
      core.tally.refused++;
      sender.refused(tag, refusal);
      return;
    }
    core.tally.sent++;
    const entry = Entry.of(message, ++core.lastSeq, core.time.now());
    core.tally.begin(entry);
    const known = id === undefined ? undefined : new KnownId(message.to, id, fingerprint(message), entry.seq);
    if (options !== STANDARD) this.#note(entry, known, sender, tag);
    core.commits?.touch(entry);
    const isAnswer = core.ends.answered(message);
    core.commits?.await(new Taking(core, entry, sender, tag, known, isAnswer));
    if (options.delay > 0) core.delays.begin(entry, new Delay(entry, core.time.now() + options.delay, false));
    else core.lines.enter(entry, queue?.known === true ? queue : core.queue(queueName(message.to)));
    if (core.commits === undefined && options.receipt === 'taken') sender.accepted(tag, false);
  }

  receive(wanted: Wanted, receiver: Receiver): Receive {
    return this.#core.lines.receive(wanted, receiver);
  }

  withdraw(receive: Receive): void {
    const waiter = receive as Waiter;
    waiter.ending = 'withdrawn';
    this.#core.lines.leave(waiter);
  }

  wake(receive: Receive): void {
    this.#core.lines.wake(receive as Waiter);
  }

  settle(delivery: Delivery): void {
    const core = this.#core;
    if (delivery instanceof Lease) {
      core.leases.settle(delivery);
      return;
    }
    const entry = delivery as Entry;
    if (!isOut(entry)) return;
    core.tally.deliveries--;
    core.tally.settled++;
    core.ends.finish(entry, 'done');
  }

  giveBack(delivery: Delivery, delay: number): void {
    const core = this.#core;
    if (delivery instanceof Lease) {
      core.leases.giveBack(delivery, delay);
      return;
    }
    const entry = delivery as Entry;
    if (!isOut(entry)) return;
    core.tally.deliveries--;
    if (entry.due <= core.time.now()) core.ends.expire(entry);
    else if (entry.more?.answered) core.ends.bury(entry);
    else core.lines.putBack(entry);
  }

  keep(delivery: Delivery, lease: number): void {
    if (delivery instanceof Lease) this.#core.leases.keep(delivery, lease);
  }

  claim(name: string, receiver: Receiver): Delivery | undefined {
    return this.#core.leases.claim(name, receiver);
  }

  control(control: Control, asker: Asker, tag: string): void {
    this.#inspection.control(control, asker, tag);
  }

  stats(): Stats {
    return this.#inspection.stats();
  }

  /** The same id again. */
  #repeated(known: KnownId, message: Message, sender: Sender, tag: string): void {
    const core = this.#core;
    if (known.fingerprint !== fingerprint(message)) {
      core.tally.refused++;
      sender.refused(tag, CONFLICT);
      return;
    }
    core.tally.duplicates++;
    const receipt = new Receipt(sender, tag, true);
    if (message.options.receipt === 'taken') {
      if (known.followers === undefined) receipt.accept();
      else known.followers = withReceipt(known.followers, receipt);
    } else if (known.outcome !== undefined) {
      core.ends.tell([receipt], known.outcome);
    } else if (known.entry === undefined) {
      core.absent.addReceipt(known.seq, receipt);
    } else {
      const { extra } = known.entry;
      extra.receipts = withReceipt(extra.receipts, receipt);
    }
  }

  #refusal(message: Message, queue: Queue | undefined): Refusal | undefined {
    const core = this.#core;
    const { commits, limits, tally } = core;
    if (isDeadAddress(message.to)) return TO_THE_DEAD;
    if (commits?.refusal !== undefined) return commits.refusal;
    if (message.options.id !== undefined && core.known.full) return TOO_MANY_IDS;
    const waits = queue === undefined || queue.receivers.empty || queue.waiting > 0 || message.options.delay > 0;
    return noRoom(limits, tally, queue, message, waits);
  }

  /** What has to be noted of a message that is more than a plain one. */
  #note(entry: Entry, known: KnownId | undefined, sender: Sender, tag: string): void {
    const core = this.#core;
    if (known !== undefined) {
      known.entry = entry;
      if (core.commits !== undefined) known.followers = [];
      core.known.add(known);
      entry.extra.known = known;
    }
    if (entry.message.options.receipt === 'done') entry.extra.receipts = [new Receipt(sender, tag, false)];
  }

  #ring(): void {
    const core = this.#core;
    const { commits, deadlines, backlog } = core;
    const now = core.time.now();
    for (let n = 0; n < MOST_AT_ONCE; n++) {
      const item = deadlines.passed(now);
      if (item === undefined) break;
      if (item instanceof Waiter) core.lines.expire(item);
      else if (item instanceof Lease) core.leases.lapse(item);
      else if (item instanceof Delay) core.delays.passed(item);
      else this.#expire(item);
    }
    if (commits !== undefined && commits.retryAt <= now) commits.retry();
    backlog.ring(now);
    core.delays.ring(now);
    this.#forget(now);
    core.setAlarm();
  }

  #expire(entry: Entry): void {
    this.#core.lines.unqueue(entry);
    this.#core.ends.expire(entry);
  }

  #forget(now: number): void {
    const core = this.#core;
    let last = 0;
    for (let n = 0; n < MOST_AT_ONCE; n++) {
      const number = core.known.forget(now);
      if (number === 0) break;
      last = number;
    }
    if (last > 0) core.commits?.forgotten(last);
  }
}

/** Whether it is out without a lease. */
function isOut(entry: Entry): boolean {
  return entry.stage === 'out' && entry.more?.lease === undefined;
}
