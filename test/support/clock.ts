import type { Alarm, Clock } from '../../src/ports/clock.js';

/** Time that passes when a test says so. Alarms ring within `advance`, each at its own time, earliest first. */
export class ManualClock implements Clock {
  readonly #alarms: ManualAlarm[] = [];
  #now: number;
  #wall: number;

  constructor(now = 1000, wall = 1_700_000_000_000) {
    this.#now = now;
    this.#wall = wall;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#wall;
  }

  alarm(ring: () => void): Alarm {
    const alarm = new ManualAlarm(ring);
    this.#alarms.push(alarm);
    return alarm;
  }

  /** When the next alarm rings; Infinity if none is set. */
  get next(): number {
    return this.#first()?.time ?? Number.POSITIVE_INFINITY;
  }

  /** Lets so many milliseconds pass, on both clocks. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (let first = this.#first(); first !== undefined && first.time <= end; first = this.#first()) {
      this.#move(Math.max(first.time, this.#now));
      first.time = Number.POSITIVE_INFINITY;
      first.ring();
    }
    this.#move(end);
  }

  /** Somebody sets the wall clock, forward or back. */
  stepWall(milliseconds: number): void {
    this.#wall += milliseconds;
  }

  #move(time: number): void {
    this.#wall += time - this.#now;
    this.#now = time;
  }

  #first(): ManualAlarm | undefined {
    let first: ManualAlarm | undefined;
    for (const alarm of this.#alarms) {
      if (alarm.time < (first?.time ?? Number.POSITIVE_INFINITY)) first = alarm;
    }
    return first;
  }
}

class ManualAlarm implements Alarm {
  time = Number.POSITIVE_INFINITY;

  constructor(readonly ring: () => void) {}

  set(time: number): void {
    this.time = time;
  }

  clear(): void {
    this.time = Number.POSITIVE_INFINITY;
  }
}
