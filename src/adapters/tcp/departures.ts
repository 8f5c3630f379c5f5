import type { Alarm, Clock } from '../../ports/clock.js';
import type { Connection } from './session-parts.js';

/** Milliseconds to the first look. */
const SOON = 10_000;

/**
 * Clients that have ended their side and still wait for an answer. One that was killed looks the same, and nobody tells: so
 * each is looked after, soon, and then after twice as long each time.
 */
export class Departures {
  readonly #ended = new Set<Connection>();
  readonly #alarm: Alarm;
  #pause = SOON;

  constructor(private readonly clock: Clock) {
    this.#alarm = clock.alarm(() => this.#ring());
  }

  /** The client says no more. Most connections end with that. */
  add(connection: Connection): void {
    if (connection.look === undefined) return;
    this.#ended.add(connection);
    if (this.#ended.size > 1 && this.#pause === SOON) return;
    this.#pause = SOON;
    this.#setAlarm();
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
    this.#pause *= 2;
    this.#setAlarm();
  }

  #setAlarm(): void {
    this.#alarm.set(this.clock.now() + this.#pause);
  }
}
