import type { Turn } from '../../ports/turn.js';
import type { ReadTurn } from '../../sockets/poller.js';
import { Phases } from './phases.js';

/** The event loop's turns: one `setImmediate`, which comes after all that was read in the turn; or who reads says when it ends. */
export class SystemTurn implements Turn, ReadTurn {
  readonly #phases = new Phases();
  /** Somebody will end it: who reads, or an immediate. */
  #ending = false;
  readonly #end = () => this.end();

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

  begin(): void {
    this.#ending = true;
  }

  end(): void {
    // Tasks that come while the phases run are run by them: nothing to ask for.
    const left = this.#phases.run();
    this.#ending = false;
    if (left) this.#ask();
  }

  #ask(): void {
    if (this.#ending) return;
    this.#ending = true;
    setImmediate(this.#end);
  }
}
