import type { Stored } from '../ports/journal.js';
import { queueName } from './address.js';
import type { Core } from './core.js';
import { type Delay, Entry } from './entry.js';
import type { KnownId } from './known-ids.js';
import type { Queue } from './queue.js';
import type { Receipt } from './receipt.js';

/** Messages read at once, and bytes of bodies. */
const CHUNK = 256;
const CHUNK_BYTES = 256 * 1024;
/** Messages left to the journal that are seen to expire, or whose delay is seen to end, in one go. */
const SWEEP = 1000;
const SWEEP_BYTES = 1024 * 1024;
/** Milliseconds between two looks at what has expired there; while there is more, they follow each other sooner. */
const SWEEP_PAUSE = 1000;
const SWEEP_ON = 20;
/** Milliseconds of delay from which a message may be left to the journal. */
const LONG_DELAY = 10_000;

/**
 * What is left to the journal, because memory has better uses: the later messages of long queues, and delayed ones. Past
 * the limit only new messages are left to it, once it has them; they are read back, a few hundred at a time, when they
 * come to the head of their queue.
 */
export class Backlog {
  /** Delayed messages that are in memory and take a new place later, by `seq`. */
  readonly #delayedHere = new Map<number, Entry>();
  /** Delayed messages that are not, and when to look at them again. */
  #delayedThere = 0;
  #lookAt = Number.POSITIVE_INFINITY;
  #sweepAt = 0;
  #busy = false;
  /** Receipts due at the end of messages that are not in memory, by `seq`. */
  readonly #receipts = new Map<number, Receipt[]>();
  /** Names in the journal of messages that are over, or have got another place, which it does not know yet. */
  readonly #stale = new Set<number>();

  constructor(private readonly core: Core) {}

  /** When there is something to do; Infinity: never. */
  get next(): number {
    if (this.#busy) return Number.POSITIVE_INFINITY;
    if (this.#delayedThere > 0) return Math.min(this.#sweepAt, this.#lookAt);
    return this.core.tally.onDisk > 0 ? this.#sweepAt : Number.POSITIVE_INFINITY;
  }

  // Queues

  /** Whether a message that takes its place at a queue's end will be left to the journal; if so that is arranged. */
  isToLeave(entry: Entry, queue: Queue): boolean {
    const { commits, tally, limits } = this.core;
    if (commits === undefined || !(queue.isLeaving || tally.bytes > limits.memory)) return false;
    commits.await({ committed: () => this.#left(entry), postponed: () => entry.leaving });
    return true;
  }

  /** The journal has it. */
  #left(entry: Entry): boolean {
    if (!entry.leaving) return true;
    const { core } = this;
    const queue = core.queue(entry.queue);
    // On a full disk, one before it may be kept back: then so is this one, as they leave in order.
    if (entry.row === 0 || entry.dirty || queue.leavesNext !== entry) return false;
    if (queue.cold === 0 && core.tally.bytes <= core.limits.memory) {
      this.stays(entry);
      queue.stay(entry);
      return true;
    }
    queue.remove(entry);
    core.deadlines.remove(entry);
    if (queue.cold === 0) queue.coldAfter = entry.seq - 1;
    queue.coldUpTo = entry.seq;
    queue.cold++;
    core.tally.onDisk++;
    this.#letGo(entry);
    return true;
  }

  /** It is not left to the journal after all: what that reads of it just now is to be passed over. */
  stays(entry: Entry): void {
    if (entry.row !== 0) this.#outdate(entry.row);
  }

  #letGo(entry: Entry): void {
    this.core.tally.bytes -= entry.cost;
    const { known, receipts } = entry.more ?? {};
    if (known !== undefined) {
      known.entry = undefined;
      known.seq = entry.seq;
    }
    if (receipts !== undefined) this.#receipts.set(entry.seq, receipts);
    this.core.setAlarm();
  }

  /** Has the journal read the next of a queue's messages. @returns whether there are some now */
  load(queue: Queue): boolean {
    if (queue.cold === 0 || queue.polls !== undefined) return false;
    const { journal, journalFailed } = this.core.parts;
    let inTime = true;
    let loaded = false;
    queue.polls = [];
    journal.read({ of: 'queue', queue: queue.name, after: queue.coldAfter }, CHUNK, CHUNK_BYTES, (found, failure) => {
      const polls = queue.polls ?? [];
      queue.polls = undefined;
      if (failure !== undefined || found.length === 0) {
        journalFailed(failure?.cause ?? new Error(`it has lost messages of ${queue.name}`));
        return;
      }
      loaded = this.#loaded(queue, found);
      if (inTime) return;
      this.core.lines.pump(queue);
      for (const poll of polls) poll();
    });
    inTime = false;
    // What was read may all be over.
    return loaded || (queue.cold > 0 && this.load(queue));
  }

  #loaded(queue: Queue, found: readonly Stored[]): boolean {
    const { core } = this;
    for (const stored of found) {
      if (stored.seq > queue.coldUpTo) break;
      if (stored.seq <= queue.coldAfter) continue;
      queue.coldAfter = stored.seq;
      if (this.#stale.has(stored.seq)) continue;
      queue.cold--;
      core.tally.onDisk--;
      const entry = this.#back(stored);
      entry.stage = 'queued';
      queue.append(entry);
      core.watch(entry);
    }
    return queue.head !== undefined;
  }

  /** The message is in memory again. */
  #back(stored: Stored): Entry {
    const entry = Entry.stored(stored);
    this.core.tally.bytes += entry.cost;
    const known = this.#knownId(stored);
    if (known !== undefined) {
      entry.extra.known = known;
      known.entry = entry;
    }
    const receipts = this.#receipts.get(stored.seq);
    if (receipts !== undefined) {
      entry.extra.receipts = receipts;
      this.#receipts.delete(stored.seq);
    }
    return entry;
  }

  #knownId({ at, seq, message: { to, options } }: Stored): KnownId | undefined {
    if (options.id === undefined || at !== to) return undefined;
    const known = this.core.known.get(to, options.id);
    return known?.outcome === undefined && known?.seq === seq ? known : undefined;
  }

  /** Calls `then` when this many messages from a queue's head on are in memory, or all there are. */
  fetch(queue: Queue, count: number, then: () => void): void {
    while (queue.cold > 0 && queue.first(count).length < count) {
      if (this.load(queue)) continue;
      queue.polls?.push(() => this.fetch(queue, count, then));
      return;
    }
    then();
  }

  /** Somebody waits for the end of a message that is not in memory. */
  addReceipt(seq: number, receipt: Receipt): void {
    const receipts = this.#receipts.get(seq);
    if (receipts === undefined) this.#receipts.set(seq, [receipt]);
    else receipts.push(receipt);
  }

  /** Takes back a message that is not in memory. Calls `then` with false if meanwhile that has changed. */
  recall(known: KnownId, then: (isDone: boolean) => void): void {
    const queue = queueName(known.address);
    const { journal, journalFailed } = this.core.parts;
    journal.read({ of: 'queue', queue, after: known.seq - 1 }, 1, 1, ([found], failure) => {
      if (failure !== undefined) {
        journalFailed(failure.cause);
        return;
      }
      const isThere = known.outcome === undefined && known.entry === undefined;
      // What is in no queue is delayed.
      const isQueued = found?.seq === known.seq;
      if (isThere) this.#end(known.seq, isQueued ? this.core.queues.get(queue) : undefined, known, 'dead');
      then(isThere);
    });
  }

  /** A message that is not in memory is over. @param queue undefined: it is delayed */
  #end(seq: number, queue: Queue | undefined, known: KnownId | undefined, outcome: 'dead' | 'expired'): void {
    const { core } = this;
    core.tally.messages--;
    if (queue === undefined) {
      core.tally.delayed--;
      this.#delayedThere--;
    } else {
      core.tally.onDisk--;
      queue.cold--;
    }
    if (known !== undefined) core.finishId(known, outcome);
    core.commits?.removeCold(seq);
    this.#outdate(seq);
    const receipts = this.#receipts.get(seq);
    this.#receipts.delete(seq);
    if (receipts !== undefined) core.ends.tell(receipts, outcome);
    // What comes behind it may be in memory, and awaited.
    if (queue !== undefined) core.lines.pump(queue);
  }

  /** What the journal has under this name is not true any more; with the next commit it will know. */
  #outdate(seq: number): void {
    this.#stale.add(seq);
    this.core.commits?.await({
      committed: () => {
        this.#stale.delete(seq);
        return true;
      },
      postponed: () => true,
    });
  }

  // Delays

  /** The message is kept from its queue for a while. */
  delay(entry: Entry, delay: Delay): void {
    const { commits, tally, limits, time } = this.core;
    entry.stage = 'delayed';
    entry.extra.delay = delay;
    tally.delayed++;
    this.core.watch(delay);
    if (delay.returns || commits === undefined) return;
    this.#delayedHere.set(entry.seq, entry);
    if (tally.bytes <= limits.memory || delay.due - time.now() < LONG_DELAY) return;
    commits.await({ committed: () => this.#delayedLeft(entry, delay), postponed: () => entry.stage === 'delayed' });
  }

  #delayedLeft(entry: Entry, delay: Delay): boolean {
    if (entry.stage !== 'delayed') return true;
    if (entry.row === 0 || entry.dirty) return false;
    this.core.deadlines.remove(delay);
    this.#delayedHere.delete(entry.seq);
    this.#delayedThere++;
    this.#lookAt = Math.min(this.#lookAt, delay.due);
    this.#letGo(entry);
    return true;
  }

  /** It is delayed no longer, because that is over or it is itself. */
  undelay(delay: Delay): void {
    const { entry } = delay;
    this.core.deadlines.remove(delay);
    this.core.tally.delayed--;
    entry.extra.delay = undefined;
    if (!this.#delayedHere.delete(entry.seq)) return;
    if (entry.row !== 0) this.#outdate(entry.row);
  }

  /** Its delay has ended. */
  delayed(delay: Delay): void {
    const { entry } = delay;
    const { core } = this;
    this.undelay(delay);
    if (!delay.returns) {
      core.ends.place(entry);
      return;
    }
    core.commits?.touchDelivery(entry);
    core.lines.putBack(entry);
  }

  // Time

  /** What was there when the broker started. */
  restoreDelayed(count: number, first: number): void {
    this.#delayedThere = count;
    this.#lookAt = count > 0 ? first : Number.POSITIVE_INFINITY;
    this.core.tally.delayed += count;
    this.core.tally.messages += count;
  }

  ring(now: number): void {
    if (this.#busy) return;
    if (this.#delayedThere > 0 && this.#lookAt <= now) this.#look();
    else if (this.core.tally.onDisk + this.#delayedThere > 0 && this.#sweepAt <= now) this.#sweep(now);
  }

  #read(by: { of: 'due' | 'ready'; by: number }, then: (found: readonly Stored[]) => void): void {
    const { journal, journalFailed } = this.core.parts;
    this.#busy = true;
    journal.read(by, SWEEP, SWEEP_BYTES, (found, failure) => {
      this.#busy = false;
      if (failure === undefined) then(found);
      else journalFailed(failure.cause);
      this.core.setAlarm();
    });
  }

  /** Drops what has expired. */
  #sweep(now: number): void {
    this.#read({ of: 'due', by: now }, (found) => {
      let ended = 0;
      for (const stored of found) {
        if (!this.#isThere(stored)) continue;
        ended++;
        this.core.tally.expired++;
        const queue = stored.ready > 0 ? undefined : this.core.queues.get(stored.queue);
        this.#end(stored.seq, queue, this.#knownId(stored), 'expired');
      }
      this.#sweepAt = now + (ended > 0 ? SWEEP_ON : SWEEP_PAUSE);
    });
  }

  #isThere({ seq, queue: name, ready }: Stored): boolean {
    if (this.#stale.has(seq)) return false;
    if (ready > 0) return !this.#delayedHere.has(seq);
    const queue = this.core.queues.get(name);
    return queue !== undefined && queue.cold > 0 && seq > queue.coldAfter && seq <= queue.coldUpTo;
  }

  /** Gives those their place whose delay has ended. */
  #look(): void {
    this.#read({ of: 'ready', by: Number.MAX_SAFE_INTEGER }, (found) => {
      const { core } = this;
      const now = core.time.now();
      this.#lookAt = Number.POSITIVE_INFINITY;
      for (const stored of found) {
        if (stored.ready > now) {
          this.#lookAt = stored.ready;
          return;
        }
        if (!this.#isThere(stored)) continue;
        this.#delayedThere--;
        core.tally.delayed--;
        this.#outdate(stored.seq);
        core.ends.place(this.#back(stored));
      }
      if (this.#delayedThere > 0) this.#lookAgain();
    });
  }

  /** After the commit, when the journal knows what has its place by now; and when what is in memory has it, too. */
  #lookAgain(): void {
    this.core.commits?.flush(() => {
      this.#lookAt = this.core.time.now() + SWEEP_ON;
      this.core.setAlarm();
    });
  }
}
