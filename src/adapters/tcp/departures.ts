import type { Alarm, Clock } from '../../ports/clock.js';
import type { Connection } from './session-parts.js';

/** Milliseconds between two looks. */
const LOOK = 10_000;

/**
 * Clients that have ended their side and still wait for an answer. One that was killed looks the same, and nobody tells: so
 * from time to time each is looked after.
 */
export class Departures {
  readonly #ended = new Set<Connection>();
  readonly #alarm: Alarm;

  constructor(private readonly clock: Clock) {
    this.#alarm = clock.alarm(() => this.#ring());
  }

  /** The client says no more. */
  add(connection: Connection): void {
    this.#ended.add(connection);
    if (this.#ended.size === 1) this.#setAlarm();
  }

  /** The connection is over. */
  forget(connection: Connection): void {
    if (this.#ended.delete(connection) && this.#ended.size === 0) this.#alarm.clear();
  }

  look(): void {
    for (const connection of this.#ended) connection.look?.();
  }

  #ring(): void {
    this.look();
    this.#setAlarm();
  }

  #setAlarm(): void {
    this.#alarm.set(this.clock.now() + LOOK);
  }
}
