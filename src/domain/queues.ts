import { isReplyAddress } from './address.js';
import { Queue } from './queue.js';
import { Table } from './table.js';

/**
 * The queues that there are, by name. Those of reply addresses, which come and go with each question, have a table of their own: among a
 * hundred thousand others each would have its place in memory that no cache holds, and that the garbage collector has to be told of.
 */
export class Queues {
  readonly #replies: Table<Queue>;
  readonly #others: Table<Queue>;

  /** @param seed as of `Table` */
  constructor(seed: number) {
    this.#replies = new Table(seed);
    this.#others = new Table(seed);
  }

  get size(): number {
    return this.#replies.size + this.#others.size;
  }

  get(name: string): Queue | undefined {
    return this.#tableOf(name).get(name);
  }

  /** The queue of that name, which is made if there is none. */
  need(name: string): Queue {
    return this.#tableOf(name).need(name, Queue.of);
  }

  /** The queue must be in here. */
  remove(queue: Queue): void {
    this.#tableOf(queue.name).remove(queue);
  }

  /** Calls `visit` with each, in no order. */
  forEach(visit: (queue: Queue) => void): void {
    this.#replies.forEach(visit);
    this.#others.forEach(visit);
  }

  #tableOf(name: string): Table<Queue> {
    return isReplyAddress(name) ? this.#replies : this.#others;
  }
}
