import type { Turn } from '../../ports/turn.js';

/**
 * Rounds in one go, before the event loop gets its turn again: a client that has sent thousands of commands at once,
 * each of which waits for the one before, must not hold up everybody else's bytes.
 */
export const MAX_ROUNDS = 16;

const done = () => {};

/** The tasks of one phase. Two arrays take turns and never shrink, so that a turn allocates nothing. */
class Phase {
  #gathering: (() => void)[] = [];
  #running: (() => void)[] = [];
  #count = 0;

  get empty(): boolean {
    return this.#count === 0;
  }

  add(task: () => void): void {
    this.#gathering[this.#count++] = task;
  }

  /** Runs what has gathered; what comes meanwhile gathers for the next run. */
  run(): void {
    const tasks = this.#gathering;
    const count = this.#count;
    this.#gathering = this.#running;
    this.#running = tasks;
    this.#count = 0;
    for (let i = 0; i < count; i++) {
      const task = tasks[i] as () => void;
      tasks[i] = done;
      task();
    }
  }
}

/** What is to be done at a turn's end, and in which order; when that is, others decide. */
export class Phases implements Turn {
  readonly #resume = new Phase();
  readonly #flush = new Phase();
  readonly #commit = new Phase();

  get empty(): boolean {
    return this.#resume.empty && this.#flush.empty && this.#commit.empty;
  }

  resume(task: () => void): void {
    this.#resume.add(task);
  }

  flush(task: () => void): void {
    this.#flush.add(task);
  }

  commit(task: () => void): void {
    this.#commit.add(task);
  }

  /**
   * Runs everything, also what comes meanwhile, for MAX_ROUNDS rounds at most. Commits come when nothing else is
   * left, because each is a write to the disk; what they answer is flushed in the same go.
   * @returns whether something is left
   */
  run(): boolean {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      this.#resume.run();
      this.#flush.run();
      if (!this.#resume.empty || !this.#flush.empty) continue;
      if (this.#commit.empty) return false;
      this.#commit.run();
    }
    this.#commit.run();
    this.#flush.run();
    return !this.empty;
  }
}
