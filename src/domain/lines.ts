import type { Receive, Receiver, Wanted } from '../ports/exchange.js';
import type { Core } from './core.js';
import type { Entry } from './entry.js';
import type { Queue } from './queue.js';
import { Place, Waiter } from './receivers.js';

/** Messages wait in queues and receivers in lines; here they meet. */
export class Lines {
  constructor(private readonly core: Core) {}

  // Messages

  /** The message takes its place at the end of its queue, or goes to who is ready for it. */
  enter(entry: Entry, queue: Queue): void {
    const waiter = queue.waiting === 0 ? this.ready(queue) : undefined;
    if (waiter !== undefined) {
      this.#hand(entry, waiter, queue);
      return;
    }
    entry.stage = 'queued';
    if (this.core.backlog.isToLeave(entry, queue)) queue.appendLeaving(entry);
    else queue.append(entry);
    this.core.watch(entry);
    if (queue.receivers.first !== undefined) this.pump(queue);
  }

  /** The message returns to its old place. */
  putBack(entry: Entry): void {
    const queue = this.core.queue(entry.queue);
    entry.stage = 'queued';
    queue.putBack(entry);
    this.core.watch(entry);
    this.pump(queue);
  }

  /** Takes a waiting message out of its queue. */
  unqueue(entry: Entry, queue = this.core.queue(entry.queue)): void {
    this.#remove(entry, queue);
    this.core.forgetIfIdle(queue);
  }

  #remove(entry: Entry, queue: Queue): void {
    if (entry.leaving) this.core.backlog.stays(entry);
    queue.remove(entry);
    this.core.deadlines.remove(entry);
  }

  /** Hands over what can be, and has the journal asked for more where that is wanted. */
  pump(queue: Queue): void {
    for (;;) {
      const waiter = queue.waiting === 0 ? undefined : this.ready(queue);
      if (waiter === undefined) break;
      const entry = this.#take(queue);
      if (entry !== undefined) this.#hand(entry, waiter, queue);
      else if (!this.core.backlog.load(queue)) break;
    }
    this.core.forgetIfIdle(queue);
  }

  /** The head of a queue, taken out; what has expired ends on the way. */
  #take(queue: Queue): Entry | undefined {
    const now = this.core.time.now();
    for (let entry = queue.head; entry !== undefined; entry = queue.head) {
      this.#remove(entry, queue);
      if (entry.due > now) return entry;
      this.core.ends.expire(entry);
    }
    return undefined;
  }

  #hand(entry: Entry, waiter: Waiter, queue: Queue): void {
    waiter.wants--;
    if (waiter.wants === 0) this.leave(waiter);
    else if (waiter.state === 'lined up') waiter.requeue();
    entry.stage = 'out';
    this.core.tally.deliveries++;
    if (waiter.lease > 0) this.core.leases.grant(entry, queue, waiter);
    else waiter.receiver.deliver(entry, waiter);
  }

  // Receivers

  receive(wanted: Wanted, receiver: Receiver): Receive {
    const { addresses, timeout, count, lease } = wanted;
    const waiter = new Waiter(receiver, addresses, count, this.core.time.now() + timeout, lease, timeout === 0);
    for (const address of addresses) {
      const queue = this.#holding(address);
      if (queue === undefined) continue;
      this.#serve(queue, waiter);
      if (waiter.wants === 0) return waiter;
    }
    if (timeout > 0) {
      this.#lineUp(waiter);
      this.core.watch(waiter);
      if (!waiter.isAble) waiter.leave('aside');
    } else if (!waiter.isAble && addresses.some((address) => this.#holding(address) !== undefined)) {
      this.#lineUp(waiter);
      waiter.leave('aside');
    } else if (this.#reading(waiter) === undefined) {
      this.#tellExpired(waiter);
    } else {
      this.#lineUp(waiter);
      this.#poll(waiter);
    }
    return waiter;
  }

  /** Goes to the end of its lines. */
  #lineUp(waiter: Waiter): void {
    this.#place(waiter);
    waiter.lineUp();
    this.core.tally.receivers++;
  }

  /** Its queues may have been forgotten since it stood in their lines, and made anew. */
  #place(waiter: Waiter): void {
    const { addresses } = waiter;
    if (addresses.length === 1) {
      waiter.places = [new Place(waiter, this.core.queue(addresses[0] as string))];
      return;
    }
    waiter.places = addresses
      .filter((address, i) => addresses.indexOf(address) === i)
      .map((address) => new Place(waiter, this.core.queue(address)));
  }

  /** The queue of an address, if it has something to hand over. */
  #holding(address: string): Queue | undefined {
    const queue = this.core.queues.get(address);
    return queue === undefined || queue.paused || queue.waiting === 0 ? undefined : queue;
  }

  /** Who wants only what is there waits for as long as the journal reads what it may get, or until it can take that. */
  #poll(waiter: Waiter): void {
    if (waiter.state !== 'lined up') return;
    const reading = this.#reading(waiter);
    if (reading === undefined) this.expire(waiter);
    else reading.push(() => this.#poll(waiter));
  }

  /** What is to be done when the journal has read for one of its addresses; undefined: it doesn't. */
  #reading({ addresses }: Waiter): (() => void)[] | undefined {
    for (const address of addresses) {
      const queue = this.core.queues.get(address);
      if (queue?.polls !== undefined && !queue.paused) return queue.polls;
    }
    return undefined;
  }

  /** Gives it what the queue has. */
  #serve(queue: Queue, waiter: Waiter): void {
    while (waiter.wants > 0 && waiter.isAble) {
      const entry = this.#take(queue);
      if (entry !== undefined) this.#hand(entry, waiter, queue);
      else if (!this.core.backlog.load(queue)) break;
    }
    this.core.forgetIfIdle(queue);
  }

  /** The first in line that can take a message. Those before it step aside. */
  ready(queue: Queue): Waiter | undefined {
    if (queue.paused) return undefined;
    for (let place = queue.receivers.first; place !== undefined; place = queue.receivers.first) {
      if (place.waiter.isAble) return place.waiter;
      place.waiter.leave('aside');
    }
    return undefined;
  }

  /** It stepped aside, and can take messages again: it goes to the head of its lines. */
  wake(waiter: Waiter): void {
    if (waiter.state === 'aside' && waiter.isAble) this.#return(waiter);
  }

  #return(waiter: Waiter): void {
    this.#place(waiter);
    waiter.lineUpFirst();
    for (const { queue } of waiter.places) {
      if (waiter.state === 'lined up') this.pump(queue);
    }
    if (waiter.isBrief) this.#poll(waiter);
  }

  /** It is over. */
  leave(waiter: Waiter): void {
    if (!waiter.waiting) {
      waiter.state = 'over';
      return;
    }
    waiter.leave('over');
    this.core.tally.receivers--;
    this.core.deadlines.remove(waiter);
    for (const place of waiter.places) this.core.forgetIfIdle(place.queue);
  }

  /** Its time has run out. */
  expire(waiter: Waiter): void {
    this.leave(waiter);
    this.#tellExpired(waiter);
  }

  #tellExpired(waiter: Waiter): void {
    waiter.state = 'over';
    waiter.ending = 'expired';
    if (waiter.underWay === 0) waiter.receiver.expired(waiter);
  }

  /** What was decided for it is not to be: it wants one more again, and is the next to get one. */
  restore(waiter: Waiter): void {
    waiter.wants++;
    if (waiter.waiting || waiter.ending !== undefined) return;
    if (waiter.due <= this.core.time.now()) {
      waiter.ending = 'expired';
      return;
    }
    this.core.tally.receivers++;
    this.core.watch(waiter);
    this.#return(waiter);
  }
}
