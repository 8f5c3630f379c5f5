import { Deadlines, type Timed } from '../../domain/deadlines.js';
import type { Alarm, Clock } from '../../ports/clock.js';

/** Something that is told when its time has come. */
export interface Waiting extends Timed {
  late(): void;
}

/** All that the proxy waits for, under one alarm. */
export class Waits {
  readonly #deadlines = new Deadlines<Waiting>();
  readonly #alarm: Alarm;

  constructor(private readonly clock: Clock) {
    this.#alarm = clock.alarm(() => this.#ring());
  }

  /** Calls its `late` once, when its `due` has come; that may have changed only after `remove`. */
  add(item: Waiting): void {
    this.#deadlines.add(item);
    this.#alarm.set(this.#deadlines.next);
  }

  remove(item: Waiting): void {
    this.#deadlines.remove(item);
  }

  /** Nothing is waited for any more. */
  clear(): void {
    this.#alarm.clear();
  }

  #ring(): void {
    const now = this.clock.now();
    for (let item = this.#deadlines.passed(now); item !== undefined; item = this.#deadlines.passed(now)) item.late();
    this.#alarm.set(this.#deadlines.next);
  }
}
