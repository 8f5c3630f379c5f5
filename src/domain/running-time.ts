import type { Clock } from '../ports/clock.js';
import type { Moment } from '../ports/journal.js';

/** The clock's time, moved so that after a restart it goes on where it stood, plus the wall time in between. */
export class RunningTime {
  #shift = 0;

  constructor(private readonly clock: Clock) {}

  now(): number {
    return this.clock.now() + this.#shift;
  }

  moment(): Moment {
    return { running: this.now(), wall: this.clock.wall() };
  }

  /** Goes on from a moment of the past. A wall clock that was set back since counts as no time. */
  resume(last: Moment): void {
    const away = Math.max(0, this.clock.wall() - last.wall);
    this.#shift = last.running + away - this.clock.now();
  }

  /** The same moment on the clock itself. */
  toClock(running: number): number {
    return running - this.#shift;
  }
}
