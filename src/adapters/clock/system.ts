import { performance } from 'node:perf_hooks';
import type { Alarm, Clock } from '../../ports/clock.js';

/** The machine's own time. */
export class SystemClock implements Clock {
  #held: number | undefined;

  now(): number {
    return this.#held ?? Math.floor(performance.now());
  }

  /** Until `release` it is always now: to ask the system costs more than many a command does otherwise. */
  hold(): void {
    this.#held = Math.floor(performance.now());
  }

  release(): void {
    this.#held = undefined;
  }

  wall(): number {
    return Date.now();
  }

  alarm(ring: () => void): Alarm {
    return new SystemAlarm(this, ring);
  }
}

/** Milliseconds: the longest that `setTimeout` can wait; asked for more it would ring at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * One timer. It is set on the hot path, nearly always to a later time than before: then the timer that runs is left
 * alone, and when it wakes too early it is started again for the rest.
 */
class SystemAlarm implements Alarm {
  #time = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer wakes; Infinity while there is none. */
  #wakes = Number.POSITIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly ring: () => void,
  ) {}

  set(time: number): void {
    if (time === Number.POSITIVE_INFINITY) {
      this.clear();
      return;
    }
    this.#time = time;
    if (time >= this.#wakes) return;
    const now = this.clock.now();
    // One that is about to wake is not put off, however often it is set to a time that has passed.
    if (this.#wakes > now) this.#start(now);
  }

  clear(): void {
    this.#time = Number.POSITIVE_INFINITY;
    this.#wakes = Number.POSITIVE_INFINITY;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #start(now: number): void {
    clearTimeout(this.#timer);
    const pause = Math.min(Math.max(0, this.#time - now), LONGEST);
    this.#wakes = now + pause;
    this.#timer = setTimeout(this.#wake, pause);
  }

  readonly #wake = () => {
    const now = this.clock.now();
    if (this.#time > now) {
      this.#start(now);
      return;
    }
    this.clear();
    this.ring();
  };
}
