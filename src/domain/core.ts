import type { Alarm, Clock } from '../ports/clock.js';
import type { Ids } from '../ports/ids.js';
import type { Journal, Outcome } from '../ports/journal.js';
import type { Turn } from '../ports/turn.js';
import type { Absent } from './absent.js';
import type { Backlog } from './backlog.js';
import { Commits } from './commits.js';
import { Deadlines } from './deadlines.js';
import type { Delays } from './delays.js';
import type { Ends } from './ends.js';
import type { Delay, Entry } from './entry.js';
import type { KnownId } from './known-id.js';
import { KnownIds } from './known-ids.js';
import type { Lease } from './lease.js';
import type { Leases } from './leases.js';
import type { QueueLimits } from './limits.js';
import type { Lines } from './lines.js';
import type { Queue } from './queue.js';
import { Queues } from './queues.js';
import type { Waiter } from './receivers.js';
import { RunningTime } from './running-time.js';
import { Tally } from './tally.js';

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

/** What has a deadline of its own. */
export type Due = Entry | Delay | Lease | Waiter;

/** What the parts of an exchange share, and where they find each other. All times in here are running time. */
export class Core {
  readonly queues: Queues;
  /** For tables by names that others choose. */
  readonly seed: number;
  readonly deadlines = new Deadlines<Due>();
  readonly time: RunningTime;
  readonly tally = new Tally();
  readonly known: KnownIds;
  /** Undefined: nothing is kept across restarts. */
  readonly commits: Commits | undefined;
  readonly limits: QueueLimits;
  readonly #alarm: Alarm;
  /** The highest `seq` there was. */
  lastSeq = 0;
  /** Addresses that are paused. */
  paused = 0;

  // Set once, by the exchange, before anything else.
  lines!: Lines;
  leases!: Leases;
  ends!: Ends;
  absent!: Absent;
  backlog!: Backlog;
  delays!: Delays;

  constructor(
    readonly parts: ExchangeParts,
    ring: () => void,
  ) {
    const { clock, ids, journal, limits, turn, journalFailed } = parts;
    this.limits = limits;
    this.seed = seedFrom(ids.unguessable(''));
    this.queues = new Queues(this.seed);
    this.known = new KnownIds(limits.ids, this.seed);
    this.time = new RunningTime(clock);
    this.#alarm = clock.alarm(ring);
    if (journal.sync === 'off') return;
    this.commits = new Commits(journal, turn, {
      moment: () => this.time.moment(),
      retryChanged: () => this.setAlarm(),
      journalFailed,
    });
  }

  queue(name: string): Queue {
    return this.queues.need(name);
  }

  forgetIfIdle(queue: Queue): void {
    if (!queue.idle || !queue.known) return;
    queue.known = false;
    this.queues.remove(queue);
  }

  /** The message of this id is over. */
  finishId(known: KnownId, outcome: Outcome): void {
    const before = this.known.next;
    this.known.finish(known, outcome, this.time.now());
    if (this.known.next < before) this.setAlarm();
    this.commits?.finished(known);
  }

  watch(item: Due): void {
    const before = this.deadlines.next;
    this.deadlines.add(item);
    if (this.deadlines.next < before) this.setAlarm();
  }

  setAlarm(): void {
    const retryAt = this.commits?.retryAt ?? Number.POSITIVE_INFINITY;
    const next = Math.min(this.deadlines.next, retryAt, this.backlog.next, this.delays.next, this.known.next);
    if (next === Number.POSITIVE_INFINITY) this.#alarm.clear();
    else this.#alarm.set(this.time.toClock(next));
  }

  /** Nothing happens by itself any more. */
  stop(): void {
    this.#alarm.clear();
  }
}

/** 30 bits of a name that nobody can guess. */
function seedFrom(name: string): number {
  let seed = 0;
  for (let i = 0; i < name.length; i++) seed = (Math.imul(seed, 131) + name.charCodeAt(i)) & 0x3fffffff;
  return seed;
}
