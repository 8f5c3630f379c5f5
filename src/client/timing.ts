/** Time, as the client sees it, in milliseconds. */
export interface Timing {
  /** Monotonic. */
  now(): number;
  /** A timer that can be set again and again; it starts unset. */
  alarm(ring: () => void): Alarm;
}

/** One timer of a `Timing`. */
export interface Alarm {
  /** Rings once, at or soon after `time` on `now`. Replaces what was set before. */
  set(time: number): void;
  clear(): void;
}

/** The longest that setTimeout takes. */
const LONGEST = 2 ** 31 - 1;

/** The machine's own clock. */
export const SYSTEM_TIMING: Timing = {
  now: () => performance.now(),
  alarm: (ring) => new SystemAlarm(ring),
};

class SystemAlarm implements Alarm {
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly ring: () => void) {}

  set(time: number): void {
    clearTimeout(this.#timer);
    const pause = Math.ceil(time - performance.now());
    if (pause > LONGEST) this.#timer = setTimeout(() => this.set(time), LONGEST);
    else this.#timer = setTimeout(this.ring, Math.max(0, pause));
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
