/** Time, as the broker sees it. All times are whole milliseconds. */
export interface Clock {
  /** Monotonic time since some fixed moment. Never steps back. */
  now(): number;
  /** Wall time since 1970. May step either way. */
  wall(): number;
  /** A timer that can be set again and again; it starts unset. */
  alarm(ring: () => void): Alarm;
}

export interface Alarm {
  /** Rings once, at or soon after `time` on the clock's `now`. Replaces what was set before. */
  set(time: number): void;
  clear(): void;
}
