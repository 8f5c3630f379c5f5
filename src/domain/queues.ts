import { Queue } from './queue.js';
import { Table } from './table.js';

/** All queues by name. */
export class Queues {
  readonly #table: Table<Queue>;

  /** @param seed see `Table` */
  constructor(seed: number) {
    this.#table = new Table(seed);
  }

  get size(): number {
    return this.#table.size;
  }

  get(name: string): Queue | undefined {
    return this.#table.get(name);
  }

  /** The queue of that name, made if there is none. */
  need(name: string): Queue {
    return this.#table.need(name, makeQueue);
  }

  /** The queue must be in here. */
  remove(queue: Queue): void {
    queue.known = false;
    this.#table.remove(queue);
  }

  /** Calls `visit` with each, in no order. */
  forEach(visit: (queue: Queue) => void): void {
    this.#table.forEach(visit);
  }
}

function makeQueue(name: string): Queue {
  return new Queue(name);
}
