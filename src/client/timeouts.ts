import type { Alarm, Timing } from './timing.js';

/** Milliseconds by which what is due may be told late, so that thousands of timeouts share a few wakings. */
const GRAIN = 20;

/** What waits for a moment. It is in one `Timeouts` at most. */
export interface Timed {
  /** On the clock's `now`. Not changed while it waits. */
  due: number;
}

/** Many timeouts, one timer. Adding and removing cost the same however many there are. Never early. */
export class Timeouts<T extends Timed> {
  /** By the grain in which they are due. */
  readonly #grains = new Map<number, Set<T>>();
  readonly #alarm: Alarm;
  #next = Number.POSITIVE_INFINITY;

  constructor(
    private readonly timing: Timing,
    private readonly passed: (item: T) => void,
  ) {
    this.#alarm = timing.alarm(() => this.#ring());
  }

  /** One that is due at Infinity never is. */
  add(item: T): void {
    if (item.due === Number.POSITIVE_INFINITY) return;
    const grain = Math.ceil(item.due / GRAIN);
    const grains = this.#grains.get(grain);
    if (grains === undefined) this.#grains.set(grain, new Set([item]));
    else grains.add(item);
    if (grain < this.#next) this.#set(grain);
  }

  remove(item: T): void {
    const grain = Math.ceil(item.due / GRAIN);
    const grains = this.#grains.get(grain);
    if (grains?.delete(item) && grains.size === 0) {
      this.#grains.delete(grain);
      if (this.#grains.size === 0) this.#set(Number.POSITIVE_INFINITY);
    }
  }

  clear(): void {
    this.#grains.clear();
    this.#set(Number.POSITIVE_INFINITY);
  }

  #set(grain: number): void {
    this.#next = grain;
    if (grain === Number.POSITIVE_INFINITY) this.#alarm.clear();
    else this.#alarm.set(grain * GRAIN);
  }

  #ring(): void {
    const now = this.timing.now();
    const due = [...this.#grains.keys()].filter((grain) => grain * GRAIN <= now).sort((a, b) => a - b);
    const items = due.flatMap((grain) => [...(this.#grains.get(grain) ?? [])]);
    for (const grain of due) this.#grains.delete(grain);
    let next = Number.POSITIVE_INFINITY;
    for (const grain of this.#grains.keys()) if (grain < next) next = grain;
    this.#set(next);
    for (const item of items) this.passed(item);
  }
}
