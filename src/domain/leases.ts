import type { Receiver } from '../ports/exchange.js';
import type { Stored, StoredDelivery } from '../ports/journal.js';
import type { Core } from './core.js';
import { Delay, Entry } from './entry.js';
import { Lease } from './lease.js';
import type { Queue } from './queue.js';
import type { Waiter } from './receivers.js';
import type { Waits } from './window.js';

/** Milliseconds that a lease has left at least after a restart, for its holder to come back. */
export const GRACE = 10_000;

/** Milliseconds by which a lease may end sooner or later than the journal believes: less is not worth a commit. */
const UNTOLD = 1000;

/** A delivery that waits for the journal. */
class Granting implements Waits {
  readonly #cost: number;

  constructor(
    private readonly core: Core,
    private readonly lease: Lease,
    private readonly waiter: Waiter,
  ) {
    this.#cost = lease.entry.cost;
    waiter.underWay++;
    waiter.bytesUnderWay += this.#cost;
  }

  committed(): boolean {
    const { lease, waiter } = this;
    if (lease.state === 'decided' && lease.entry.row === 0) return false;
    this.#arrived();
    if (lease.state === 'decided') {
      lease.state = 'made';
      waiter.receiver.deliver(lease, waiter);
    }
    this.#goOn();
    return true;
  }

  /** Its message may have been refused for want of space: then there is nothing to deliver. */
  postponed(): boolean {
    if (this.lease.state === 'decided') return true;
    this.#arrived();
    this.#goOn();
    return false;
  }

  #arrived(): void {
    this.waiter.underWay--;
    this.waiter.bytesUnderWay -= this.#cost;
  }

  #goOn(): void {
    const { waiter } = this;
    if (waiter.underWay === 0 && waiter.ending === 'expired') waiter.receiver.expired(waiter);
    else this.core.lines.wake(waiter);
  }
}

/** Deliveries under a lease: how they come about and how they end. */
export class Leases {
  /** Those from before a restart, by name, until somebody claims them. */
  readonly #unclaimed = new Map<string, Lease>();

  constructor(private readonly core: Core) {}

  /** The message goes to the receiver under a lease, as soon as the journal has that. */
  grant(entry: Entry, queue: Queue, waiter: Waiter): void {
    const { core } = this;
    const { extra } = entry;
    extra.attempts++;
    const until = core.time.now() + waiter.lease;
    const name = core.parts.ids.unguessable('@');
    const lease = new Lease(entry, queue, name, waiter.receiver, waiter, waiter.lease, until);
    extra.lease = lease;
    queue.leases++;
    core.ends.expectAnswer(entry);
    if (core.commits === undefined) {
      waiter.receiver.deliver(lease, waiter);
      return;
    }
    core.commits.touchDelivery(entry);
    core.commits.await(new Granting(core, lease, waiter));
  }

  /** The message was refused before it was delivered: its receiver gets another one. */
  cancel(lease: Lease): void {
    this.#end(lease);
    if (lease.waiter !== undefined) this.core.lines.restore(lease.waiter);
  }

  settle(lease: Lease): void {
    if (lease.state === 'over') return;
    this.#end(lease);
    this.core.tally.settled++;
    this.core.ends.finish(lease.entry, 'done');
  }

  /** @param delay milliseconds before it may be delivered again */
  giveBack(lease: Lease, delay: number): void {
    if (lease.state === 'over') return;
    const { entry, state } = lease;
    this.#end(lease);
    // It has not left the broker.
    if (state !== 'running') entry.extra.attempts--;
    else this.core.tally.returned++;
    this.return(entry, delay);
  }

  keep(lease: Lease, milliseconds: number): void {
    if (lease.state === 'over') return;
    const { core } = this;
    lease.state = 'running';
    core.deadlines.remove(lease);
    lease.due = core.time.now() + milliseconds;
    core.watch(lease);
    if (Math.abs(lease.due - lease.until) <= UNTOLD) return;
    lease.until = lease.due;
    core.commits?.touchDelivery(lease.entry);
  }

  /** The lease has run out. */
  lapse(lease: Lease): void {
    lease.receiver?.lapsed(lease);
    this.giveBack(lease, 0);
  }

  claim(name: string, receiver: Receiver): Lease | undefined {
    const lease = this.#unclaimed.get(name);
    if (lease === undefined) return undefined;
    this.#unclaimed.delete(name);
    lease.receiver = receiver;
    return lease;
  }

  /** A message comes back to its queue, or does not. */
  return(entry: Entry, delay: number): void {
    const { core } = this;
    const { extra } = entry;
    const back = core.time.now() + delay;
    core.commits?.touchDelivery(entry);
    if (extra.answered || (!entry.isDeadLetter && extra.attempts >= entry.message.options.attempts)) {
      core.ends.bury(entry);
    } else if (entry.due <= back) {
      core.ends.bury(entry);
    } else if (delay > 0) {
      core.delays.begin(entry, new Delay(entry, back, true));
    } else {
      core.lines.putBack(entry);
    }
  }

  /** Takes up a message that was out, or given back, when the broker ended. */
  restore(stored: Stored, { attempts, name, until, answered }: StoredDelivery): Entry {
    const { core } = this;
    const entry = Entry.stored(stored);
    const { extra } = entry;
    extra.attempts = attempts;
    extra.answered = answered;
    core.tally.begin(entry);
    core.ends.expectAnswer(entry);
    if (name !== undefined) {
      this.#restoreLease(entry, name, until);
    } else if (until > 0) {
      core.delays.begin(entry, new Delay(entry, until, true));
    } else {
      entry.stage = 'queued';
      core.queue(entry.queue).putBack(entry);
      core.watch(entry);
    }
    return entry;
  }

  #restoreLease(entry: Entry, name: string, until: number): void {
    const { core } = this;
    entry.stage = 'out';
    core.tally.deliveries++;
    const queue = core.queue(entry.queue);
    queue.leases++;
    const lease = new Lease(entry, queue, name, undefined, undefined, 0, until);
    entry.extra.lease = lease;
    this.#unclaimed.set(name, lease);
    lease.state = 'running';
  }

  /** The clock runs again: those who hold a delivery get time to come back. */
  resume(): void {
    const { core } = this;
    const least = core.time.now() + GRACE;
    for (const lease of this.#unclaimed.values()) {
      lease.due = Math.max(lease.until, least);
      core.watch(lease);
    }
  }

  #end(lease: Lease): void {
    const { core } = this;
    const { entry, queue } = lease;
    lease.state = 'over';
    core.deadlines.remove(lease);
    this.#unclaimed.delete(lease.name);
    entry.extra.lease = undefined;
    core.tally.deliveries--;
    queue.leases--;
    core.forgetIfIdle(queue);
  }
}
