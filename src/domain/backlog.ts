import type { Outcome, Stored } from '../ports/journal.js';
import { queueName } from './address.js';
import type { Core } from './core.js';
import type { Entry } from './entry.js';
import type { KnownId } from './known-id.js';
import type { Queue } from './queue.js';

/** Messages read at once, and bytes of bodies. */
const CHUNK = 256;
const CHUNK_BYTES = 256 * 1024;
/** Messages left to the journal that are seen to expire in one go, and bytes of their bodies. */
const SWEEP = 1000;
const SWEEP_BYTES = 1024 * 1024;
/** Milliseconds between two looks at what has expired there; while there is more, they follow each other sooner. */
const SWEEP_PAUSE = 1000;
const SWEEP_ON = 20;

/**
 * What is left to the journal, because memory has better uses: the later messages of long queues. Past
 * the limit only new messages are left to it, once it has them; they are read back, a few hundred at a time, when they
 * come to the head of their queue.
 */
export class Backlog {
  #sweepAt = 0;
  #busy = false;

  constructor(private readonly core: Core) {}

  /** When there is something to do; Infinity: never. */
  get next(): number {
    return this.#busy || this.#absent === 0 ? Number.POSITIVE_INFINITY : this.#sweepAt;
  }

  /** Messages that only the journal has. */
  get #absent(): number {
    return this.core.tally.onDisk + this.core.delays.absent;
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
    core.absent.letGo(entry);
    return true;
  }

  /** It is not left to the journal after all: what that reads of it just now is to be passed over. */
  stays(entry: Entry): void {
    if (entry.row !== 0) this.core.absent.outdate(entry.row);
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
      if (core.absent.isStale(stored.seq)) continue;
      queue.cold--;
      core.tally.onDisk--;
      const entry = core.absent.back(stored);
      entry.stage = 'queued';
      queue.append(entry);
      core.watch(entry);
    }
    return queue.head !== undefined;
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
  #end(seq: number, queue: Queue | undefined, known: KnownId | undefined, outcome: Outcome): void {
    const { core } = this;
    if (queue === undefined) {
      core.delays.end();
    } else {
      core.tally.onDisk--;
      queue.cold--;
    }
    core.absent.end(seq, known, outcome);
    // What comes behind it may be in memory, and awaited.
    if (queue !== undefined) core.lines.pump(queue);
  }

  // Time

  ring(now: number): void {
    if (this.next <= now) this.#sweep(now);
  }

  /** Drops what has expired. */
  #sweep(now: number): void {
    const { journal, journalFailed } = this.core.parts;
    this.#busy = true;
    journal.read({ of: 'due', by: now }, SWEEP, SWEEP_BYTES, (found, failure) => {
      this.#busy = false;
      if (failure === undefined) this.#sweepAt = now + (this.#expire(found) > 0 ? SWEEP_ON : SWEEP_PAUSE);
      else journalFailed(failure.cause);
      this.core.setAlarm();
    });
  }

  /** Returns how many of these have expired, and were not known to have. */
  #expire(found: readonly Stored[]): number {
    let expired = 0;
    for (const stored of found) {
      if (!this.#isThere(stored)) continue;
      expired++;
      this.core.tally.expired++;
      const queue = stored.ready > 0 ? undefined : this.core.queues.get(stored.queue);
      this.#end(stored.seq, queue, this.core.absent.knownId(stored), 'expired');
    }
    return expired;
  }

  #isThere(stored: Stored): boolean {
    const { seq, queue: name, ready } = stored;
    if (this.core.absent.isStale(seq)) return false;
    if (ready > 0) return this.core.delays.isAbsent(stored);
    const queue = this.core.queues.get(name);
    return queue !== undefined && queue.cold > 0 && seq > queue.coldAfter && seq <= queue.coldUpTo;
  }
}
