import type { Batch, Moment, Moved, Stored, StoredDelivery } from '../ports/journal.js';
import type { Entry } from './entry.js';
import type { KnownId } from './known-id.js';

/** Something that is to happen after a commit. */
export interface Waits {
  /** All that had changed is on disk. @returns false: what it waits for was not among it; it goes on waiting */
  committed(): boolean;
  /** The disk is full, and nothing was kept. @returns whether it goes on waiting */
  postponed(): boolean;
}

/** What has changed since the last commit, message by message; what that means for the journal is only found out in the end. */
export class Window {
  #dirty: Entry[] = [];
  waits: Waits[] = [];
  /** Messages that are not in memory and are over. */
  removed: number[] = [];
  finished: KnownId[] = [];
  /** Of the messages in here, as limits count them. */
  bytes = 0;
  readonly pauses = new Map<string, boolean>();
  /** All ids up to this number. */
  forgotten = 0;
  /** What its batch is about, and what each of these was to the journal before, to go back to. */
  readonly #written: Entry[] = [];
  readonly #rows: number[] = [];
  readonly #redelivered: boolean[] = [];
  #new = 0;
  /** Of the messages in here, those that could not be added in the last commit, and who waits for them. */
  #deferred = 0;
  #held = 0;
  /** Of the removed, those that nobody but this window knows of. */
  #coldRemoved = 0;

  get empty(): boolean {
    return this.#dirty.length === 0 && this.waits.length === 0 && !this.#hasMore;
  }

  /** Whether there is something that a commit could do now. */
  get due(): boolean {
    return this.#dirty.length > this.#deferred || this.waits.length > this.#held || this.#hasMore;
  }

  get #hasMore(): boolean {
    return this.removed.length > 0 || this.finished.length > 0 || this.pauses.size > 0 || this.forgotten > 0;
  }

  /** Whether it holds messages that could not be added in the last commit. */
  get hasDeferred(): boolean {
    return this.#deferred > 0;
  }

  /** Whether its batch had messages that the journal did not have. */
  get hasNew(): boolean {
    return this.#new > 0;
  }

  gather(entry: Entry): void {
    if (entry.dirty) return;
    entry.dirty = true;
    this.bytes += entry.cost;
    this.#dirty.push(entry);
  }

  /** Their messages could not be added: there is nothing to be done for them before it is tried again. */
  hold(waits: readonly Waits[]): void {
    this.waits = waits.concat(this.waits);
    this.#held += waits.length;
  }

  /**
   * What the journal has to do; undefined: nothing.
   * @param adds whether it may take new messages; otherwise those wait in `next`
   */
  batch(adds: boolean, next: Window, moment: () => Moment): Batch | undefined {
    const added: Stored[] = [];
    const moved: Moved[] = [];
    const delivered: StoredDelivery[] = [];
    const { removed } = this;
    const coldRemoved = removed.length;
    for (const entry of this.#dirty) {
      const { row, redelivered } = entry;
      entry.dirty = false;
      if (entry.stage === 'over') {
        if (row === 0) continue;
        removed.push(row);
        entry.row = 0;
      } else if (row === 0 && !adds) {
        next.gather(entry);
        next.#deferred++;
        continue;
      } else {
        if (row === 0) added.push(entry);
        else if (row !== entry.seq) moved.push({ from: row, stored: entry });
        if (redelivered) delivered.push(entry.deliveryState());
        entry.row = entry.seq;
        entry.redelivered = false;
      }
      this.#written.push(entry);
      this.#rows.push(row);
      this.#redelivered.push(redelivered);
    }
    this.#new = added.length;
    this.#coldRemoved = coldRemoved;
    if (added.length + moved.length + delivered.length + removed.length === 0 && !this.#hasMore) return undefined;
    const batch = this.emptyBatch(moment());
    return { ...batch, added, moved, removed, delivered };
  }

  emptyBatch(moment: Moment): Batch {
    const addresses = [...this.pauses];
    return {
      added: [],
      moved: [],
      removed: [],
      delivered: [],
      remembered: this.finished.map((known) => known.stored()),
      forgotten: this.forgotten,
      paused: addresses.filter(([, paused]) => paused).map(([address]) => address),
      resumed: addresses.filter(([, paused]) => !paused).map(([address]) => address),
      moment,
    };
  }

  /** A window with all that this one's batch did not bring to the disk, but for who waits. */
  undone(): Window {
    const again = new Window();
    for (const [i, entry] of this.#written.entries()) {
      // At a place that it has got since then, nothing is known of its deliveries.
      if (entry.row === entry.seq) entry.redelivered ||= this.#redelivered[i] as boolean;
      entry.row = this.#rows[i] as number;
      again.gather(entry);
    }
    again.removed = this.removed.slice(0, this.#coldRemoved);
    again.finished = this.finished;
    again.forgotten = this.forgotten;
    for (const [address, paused] of this.pauses) again.pauses.set(address, paused);
    return again;
  }

  /** Forgets those that came and went without the journal having heard of them. */
  prune(): void {
    this.#dirty = this.#dirty.filter((entry) => {
      entry.dirty = entry.stage !== 'over' || entry.row !== 0;
      if (!entry.dirty) this.bytes -= entry.cost;
      return entry.dirty;
    });
  }

  /** Takes over what came later. A message is in one of the two at most: its mark sees to that. */
  join(later: Window): void {
    this.#dirty = this.#dirty.concat(later.#dirty);
    this.bytes += later.bytes;
    this.waits = this.waits.concat(later.waits);
    this.removed = this.removed.concat(later.removed);
    this.finished = this.finished.concat(later.finished);
    this.forgotten = Math.max(this.forgotten, later.forgotten);
    for (const [address, paused] of later.pauses) this.pauses.set(address, paused);
  }
}
