import { hashOf } from './hash.js';
import { Queue } from './queue.js';

/** Buckets there always are; a power of two. */
const FEWEST = 64;

/**
 * All queues by name. A hash table that grows and shrinks by one bucket at a time (linear hashing, W. Litwin, 1980),
 * so that no queue more or less ever costs a rehash of all; a `Map` does that, and it also leaves a trail of dead
 * tables that, once the first is old, V8 keeps alive until its next full collection.
 */
export class Queues {
  readonly #buckets: (Queue | undefined)[] = new Array(FEWEST).fill(undefined);
  /** One less than the number of buckets in this round of splitting; a power of two less one. */
  #mask = FEWEST - 1;
  #size = 0;

  /** @param seed makes it unforeseeable which names share a bucket */
  constructor(private readonly seed: number) {}

  get size(): number {
    return this.#size;
  }

  get(name: string): Queue | undefined {
    return this.#find(name, hashOf(name, this.seed));
  }

  /** The queue of that name, made if there is none. */
  need(name: string): Queue {
    const hash = hashOf(name, this.seed);
    return this.#find(name, hash) ?? this.#add(name, hash);
  }

  /** The queue must be in here. */
  remove(queue: Queue): void {
    queue.known = false;
    this.#unlink(queue);
    this.#size--;
    if (this.#buckets.length > FEWEST && this.#size < this.#buckets.length >> 2) this.#merge();
  }

  /** Calls `visit` with each, in no order. */
  forEach(visit: (queue: Queue) => void): void {
    for (const chain of this.#buckets) for (let queue = chain; queue !== undefined; queue = queue.next) visit(queue);
  }

  #find(name: string, hash: number): Queue | undefined {
    let queue = this.#buckets[this.#index(hash)];
    while (queue !== undefined && (queue.hash !== hash || queue.name !== name)) queue = queue.next;
    return queue;
  }

  #add(name: string, hash: number): Queue {
    const queue = new Queue(name, hash);
    this.#link(queue);
    this.#size++;
    if (this.#size > this.#buckets.length) this.#split();
    return queue;
  }

  #link(queue: Queue): void {
    const index = this.#index(queue.hash);
    queue.next = this.#buckets[index];
    this.#buckets[index] = queue;
  }

  #unlink(queue: Queue): void {
    const index = this.#index(queue.hash);
    let before = this.#buckets[index];
    if (before === queue) {
      this.#buckets[index] = queue.next;
    } else {
      while (before !== undefined && before.next !== queue) before = before.next;
      if (before !== undefined) before.next = queue.next;
    }
    queue.next = undefined;
  }

  /** Buckets that were split in this round are told apart by one more bit. */
  #index(hash: number): number {
    const index = hash & this.#mask;
    const split = this.#buckets.length - this.#mask - 1;
    return index < split ? hash & (2 * this.#mask + 1) : index;
  }

  /** Divides the next bucket in turn between itself and a new one. */
  #split(): void {
    const index = this.#buckets.length - this.#mask - 1;
    const chain = this.#buckets[index];
    this.#buckets[index] = undefined;
    this.#buckets.push(undefined);
    this.#relink(chain);
    if (this.#buckets.length === 2 * (this.#mask + 1)) this.#mask = 2 * this.#mask + 1;
  }

  /** The reverse of `#split`. */
  #merge(): void {
    if (this.#buckets.length === this.#mask + 1) this.#mask >>= 1;
    this.#relink(this.#buckets.pop());
  }

  /** Puts a bucket's queues to where they belong by now. */
  #relink(chain: Queue | undefined): void {
    let queue = chain;
    while (queue !== undefined) {
      const { next } = queue;
      this.#link(queue);
      queue = next;
    }
  }
}
