import type { Turn } from '../../ports/turn.js';
import { Phases } from './phases.js';

/** The event loop's turns: one `setImmediate`, which comes after all that was read in the turn. */
export class SystemTurn implements Turn {
  readonly #phases = new Phases();
  #asked = false;
  readonly #end = () => {
    // Tasks that come while the phases run are run by them: nothing to ask for.
    const left = this.#phases.run();
    this.#asked = left;
    if (left) setImmediate(this.#end);
  };

  resume(task: () => void): void {
    this.#phases.resume(task);
    this.#ask();
  }

  flush(task: () => void): void {
    this.#phases.flush(task);
    this.#ask();
  }

  commit(task: () => void): void {
    this.#phases.commit(task);
    this.#ask();
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    setImmediate(this.#end);
  }
}
