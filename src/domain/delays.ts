import type { Stored } from '../ports/journal.js';
import type { Core } from './core.js';
import type { Delay, Entry } from './entry.js';

/** Milliseconds of delay from which a message may be left to the journal. */
const LONG = 10_000;
/** Milliseconds to the next look, where the last one did not come to an end. */
const AGAIN = 20;
/** Messages that are read at once, and bytes of bodies. */
const CHUNK = 1000;
const CHUNK_BYTES = 1024 * 1024;

/** Messages that are kept from their queues for a while: in memory, and past its limit in the journal. */
export class Delays {
  /** Those in memory that take a new place later, by `seq`. */
  readonly #here = new Map<number, Entry>();
  /** Those that are not, and when to look at them again. */
  #there = 0;
  #lookAt = Number.POSITIVE_INFINITY;
  #busy = false;

  constructor(private readonly core: Core) {}

  /** Messages that only the journal has. */
  get absent(): number {
    return this.#there;
  }

  /** When there is something to do; Infinity: never. */
  get next(): number {
    return this.#busy || this.#there === 0 ? Number.POSITIVE_INFINITY : this.#lookAt;
  }

  /** The message is kept from its queue for a while. */
  begin(entry: Entry, delay: Delay): void {
    const { commits, tally, limits, time } = this.core;
    entry.stage = 'delayed';
    entry.extra.delay = delay;
    tally.delayed++;
    this.core.watch(delay);
    if (delay.returns || commits === undefined) return;
    this.#here.set(entry.seq, entry);
    if (tally.bytes <= limits.memory || delay.due - time.now() < LONG) return;
    commits.await({ committed: () => this.#left(entry, delay), postponed: () => entry.stage === 'delayed' });
  }

  #left(entry: Entry, delay: Delay): boolean {
    if (entry.stage !== 'delayed') return true;
    if (entry.row === 0 || entry.dirty) return false;
    this.core.deadlines.remove(delay);
    this.#here.delete(entry.seq);
    this.#there++;
    this.#lookAt = Math.min(this.#lookAt, delay.due);
    this.core.absent.letGo(entry);
    return true;
  }

  /** It is delayed no longer, because that is over or it is itself. */
  remove(delay: Delay): void {
    const { entry } = delay;
    this.core.deadlines.remove(delay);
    this.core.tally.delayed--;
    entry.extra.delay = undefined;
    if (!this.#here.delete(entry.seq)) return;
    if (entry.row !== 0) this.core.absent.outdate(entry.row);
  }

  /** Its delay has ended. */
  passed(delay: Delay): void {
    const { entry } = delay;
    const { core } = this;
    this.remove(delay);
    if (!delay.returns) {
      core.ends.place(entry);
      return;
    }
    core.commits?.touchDelivery(entry);
    core.lines.putBack(entry);
  }

  /** Whether what the journal has of a delayed message is all there is. */
  isAbsent({ seq }: Stored): boolean {
    return !this.#here.has(seq);
  }

  /** One that only the journal has is over. */
  end(): void {
    this.#there--;
    this.core.tally.delayed--;
  }

  /** What was there when the broker started. */
  restore(count: number, first: number): void {
    this.#there = count;
    this.#lookAt = count > 0 ? first : Number.POSITIVE_INFINITY;
    this.core.tally.delayed += count;
    this.core.tally.messages += count;
  }

  ring(now: number): void {
    if (this.next <= now) this.#look();
  }

  /** Gives those their place whose delay has ended. */
  #look(): void {
    const { journal, journalFailed } = this.core.parts;
    this.#busy = true;
    journal.read({ of: 'ready', by: Number.MAX_SAFE_INTEGER }, CHUNK, CHUNK_BYTES, (found, failure) => {
      this.#busy = false;
      if (failure === undefined) this.#found(found);
      else journalFailed(failure.cause);
      this.core.setAlarm();
    });
  }

  #found(found: readonly Stored[]): void {
    const { core } = this;
    const now = core.time.now();
    this.#lookAt = Number.POSITIVE_INFINITY;
    for (const stored of found) {
      if (stored.ready > now) {
        this.#lookAt = stored.ready;
        return;
      }
      if (core.absent.isStale(stored.seq) || !this.isAbsent(stored)) continue;
      this.#there--;
      core.tally.delayed--;
      core.absent.outdate(stored.seq);
      core.ends.place(core.absent.back(stored));
    }
    if (this.#there > 0) this.#lookAgain();
  }

  /** After the commit, when the journal knows what has its place by now; and when what is in memory has it, too. */
  #lookAgain(): void {
    this.core.commits?.flush(() => {
      this.#lookAt = this.core.time.now() + AGAIN;
      this.core.setAlarm();
    });
  }
}
