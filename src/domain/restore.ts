import type { Restoring, Stored, StoredDelivery, StoredId } from '../ports/journal.js';
import type { Core } from './core.js';
import type { Entry } from './entry.js';
import { KnownId } from './known-id.js';

/** Takes up what the journal holds. The messages that wait stay there until their turn comes. */
export class Restore implements Restoring {
  readonly #delivered = new Map<number, Entry>();

  constructor(private readonly core: Core) {}

  queue(name: string, count: number): void {
    const { core } = this;
    core.queue(name).cold = count;
    core.tally.messages += count;
    core.tally.onDisk += count;
  }

  delayed(count: number, first: number): void {
    this.core.delays.restore(count, first);
  }

  delivery(stored: Stored, delivery: StoredDelivery): void {
    this.#delivered.set(stored.seq, this.core.leases.restore(stored, delivery));
  }

  waitingId(address: string, id: string, fingerprint: number, seq: number): void {
    // A dead letter that was sent back is known by its id no more, or only as finished.
    if (fingerprint === 0) return;
    const entry = this.#delivered.get(seq);
    if (entry === undefined) {
      this.core.known.restoreWaiting(address, id, fingerprint, seq);
      return;
    }
    const known = new KnownId(address, id, fingerprint, seq);
    known.entry = entry;
    entry.extra.known = known;
    this.core.known.add(known);
  }

  finishedId(id: StoredId): void {
    this.core.known.restoreFinished(id);
  }

  paused(address: string): void {
    this.core.queue(address).paused = true;
    this.core.paused++;
  }

  /** The highest `seq` is known, and the clock goes on. */
  end(): void {
    const { core } = this;
    core.queues.forEach((queue) => {
      queue.coldUpTo = core.lastSeq;
    });
    core.leases.resume();
    for (const entry of this.#delivered.values()) {
      // It was out without a lease, and its answer had come.
      if (entry.more?.answered && core.ends.takeOut(entry)) core.ends.bury(entry);
    }
  }
}
