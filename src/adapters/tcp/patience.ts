import { Deadlines, type Timed } from '../../domain/deadlines.js';
import type { Alarm, Clock } from '../../ports/clock.js';
import type { Connection } from './session-parts.js';

/** No client is asked more often than that whether it is still there, however short a silence it allows. */
const SHORTEST_IDLE = 1000;

/** A client that allows us to end a long silence. */
class Idler implements Timed {
  due = 0;
  slot = -1;
  /** The connection's, when it was looked at last. */
  activity = -1;

  constructor(
    readonly connection: Connection,
    public period: number,
  ) {}
}

/**
 * What clients have to do soon: show a token, take their answers, close their side, say anything at all. One alarm rings for
 * all of them.
 */
export class Patience {
  readonly #ends = new Deadlines<Connection>();
  readonly #silences = new Deadlines<Idler>();
  readonly #idlers = new Map<Connection, Idler>();
  readonly #alarm: Alarm;

  constructor(private readonly clock: Clock) {
    this.#alarm = clock.alarm(() => this.#ring());
  }

  /** The connection ends after so many milliseconds, unless something else is expected of it, or nothing. */
  expect(connection: Connection, milliseconds: number): void {
    this.#ends.remove(connection);
    connection.due = this.clock.now() + milliseconds;
    this.#ends.add(connection);
    this.#setAlarm();
  }

  /** What is expected of one connection is now expected of another. */
  hand(from: Connection, to: Connection): void {
    if (from.slot === -1) return;
    this.#ends.remove(from);
    to.due = from.due;
    this.#ends.add(to);
  }

  /** Nothing is expected. */
  relax(connection: Connection): void {
    this.#ends.remove(connection);
  }

  /** The connection ends after a silence of so many milliseconds; of twice as many at most. */
  endSilence(connection: Connection, milliseconds: number): void {
    const idler = this.#idlers.get(connection) ?? new Idler(connection, 0);
    this.#idlers.set(connection, idler);
    this.#silences.remove(idler);
    idler.period = Math.max(milliseconds, SHORTEST_IDLE);
    this.#look(idler);
  }

  /** The connection is over. */
  forget(connection: Connection): void {
    this.#ends.remove(connection);
    const idler = this.#idlers.get(connection);
    if (idler === undefined) return;
    this.#silences.remove(idler);
    this.#idlers.delete(connection);
  }

  clear(): void {
    this.#alarm.clear();
  }

  #look(idler: Idler): void {
    idler.activity = idler.connection.activity;
    idler.due = this.clock.now() + idler.period;
    this.#silences.add(idler);
    this.#setAlarm();
  }

  #setAlarm(): void {
    const next = Math.min(this.#ends.next, this.#silences.next);
    if (next !== Number.POSITIVE_INFINITY) this.#alarm.set(next);
  }

  #ring(): void {
    const now = this.clock.now();
    for (let one = this.#ends.passed(now); one !== undefined; one = this.#ends.passed(now)) one.destroy();
    for (let idler = this.#silences.passed(now); idler !== undefined; idler = this.#silences.passed(now)) {
      if (idler.activity === idler.connection.activity) idler.connection.destroy();
      else this.#look(idler);
    }
    this.#setAlarm();
  }
}
