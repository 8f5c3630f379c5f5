import type Database from 'better-sqlite3';
import type { JournalFailure } from '../../../ports/journal.js';
import type { Log } from './log.js';
import { PAGE } from './space.js';

const MIB = 1024 * 1024;

/** Bytes that may be free in the file for good: they are used again. */
const KEPT = 16 * MIB;

/** Milliseconds from the commit that made enough space free to the first step: it may be used again at once. */
const PATIENCE = 1000;

/** Milliseconds that one step may take, its sync not counted. */
const STEP = 5;

/** How many times as long as a step the pause after it is: while there are commits, and while there are none. */
const BUSY_PAUSE = 9;
const IDLE_PAUSE = 1;

/** Milliseconds of the shortest pause, and of the one on a full disk. */
const SHORTEST = 5;
const FULL_PAUSE = 1000;

/** Pages that a step moves or strikes off: how many depends on how long the last one took. */
const FEWEST = 16;
const MOST = 2048;

/** Pages after which the file itself is cut: to cut off a gigabyte at once can take half a second. */
const CUT = (32 * MIB) / PAGE;

/**
 * Gives free space of the file back, when more than half of it is free. In small steps with pauses between them, because
 * pages from the end of the file have to be moved to free ones before, and because SQLite looks for each page that is
 * free in the list of all that are: one that has become long in no order takes a tenth of a millisecond for each.
 *
 * States: resting <-> waiting for the next step -> stopped.
 */
export class Shrinker {
  readonly #countFree: Database.Statement<[], number>;
  readonly #countPages: Database.Statement<[], number>;
  readonly #step: Database.Transaction<() => number>;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #pages = FEWEST;
  #uncut = 0;
  /** Whether there was a commit since the last step. */
  #busy = false;

  /** @param guard does the work; keeps and tells what went wrong */
  constructor(
    db: Database.Database,
    private readonly log: Log,
    private readonly guard: (work: () => void) => JournalFailure | undefined,
  ) {
    this.#countFree = db.prepare<[], number>('PRAGMA freelist_count').pluck();
    this.#countPages = db.prepare<[], number>('PRAGMA page_count').pluck();
    this.#step = db.transaction(() => {
      const begun = performance.now();
      // Not prepared: it goes on page by page, and better-sqlite3 would have it stop after the first.
      db.exec(`PRAGMA incremental_vacuum(${this.#pages})`);
      return performance.now() - begun;
    });
  }

  /** Bytes of the file that hold nothing any more. */
  get free(): number {
    return (this.#countFree.get() as number) * PAGE;
  }

  /** There was a commit, or a start: looks whether there is something to be given back. */
  look(): void {
    this.#busy = true;
    if (this.#timer === undefined && !this.#stopped && this.#isWorthwhile()) this.#wait(PATIENCE);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #isWorthwhile(): boolean {
    const { free } = this;
    return free > KEPT && free * 2 > (this.#countPages.get() as number) * PAGE;
  }

  #wait(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#goOn(), milliseconds).unref();
  }

  #goOn(): void {
    this.#timer = undefined;
    const longer = this.#busy ? BUSY_PAUSE : IDLE_PAUSE;
    this.#busy = false;
    const begun = performance.now();
    let more = false;
    const failure = this.guard(() => {
      more = this.#shrink();
    });
    if (failure?.kind === 'failed') this.stop();
    else if (failure !== undefined) this.#wait(FULL_PAUSE);
    else if (more) this.#wait(Math.max(SHORTEST, (performance.now() - begun) * longer));
  }

  /** Returns whether there is more to do. */
  #shrink(): boolean {
    if (this.#isWorthwhile()) {
      const took = this.#step.immediate();
      this.#uncut += this.#pages;
      if (took > STEP) this.#pages = Math.max(FEWEST, this.#pages >> 1);
      else if (took < STEP / 2) this.#pages = Math.min(MOST, this.#pages << 1);
    }
    const more = this.#isWorthwhile();
    // What was moved away or struck off is cut off when the log is moved.
    if (!more || this.#uncut >= CUT) {
      this.#uncut = 0;
      this.log.move();
    } else {
      this.log.bound();
    }
    return more;
  }
}
