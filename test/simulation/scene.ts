import type { Ids } from '../../src/ports/ids.js';
import { ManualClock } from '../support/clock.js';
import { ManualTurn } from '../support/turn.js';
import { SimJournal } from './disk.js';
import type { Random } from './random.js';

/** Something that must never be. The message is the rule that was broken. */
export class Violation extends Error {}

/** What a run is like, drawn from its seed. */
export interface Config {
  readonly memory: number;
  readonly ids: number;
  readonly queueMessages: number;
  readonly messages: number;
  /** Messages that one read of the journal gives at most. */
  readonly chunk: number;
  readonly deadLifetime: number;
  /** Milliseconds for which messages live. */
  readonly timeouts: readonly number[];
  /** Probabilities for each step. */
  readonly crash: number;
  readonly trouble: number;
  readonly slow: number;
}

/** A moment: how many things had happened before, and the running time. */
export interface Instant {
  readonly tick: number;
  readonly now: number;
}

/** Time, names, the journal and the record of what happened: what the players of a run share. */
export class Scene implements Ids {
  clock = new ManualClock();
  turn = new ManualTurn();
  readonly journal: SimJournal;
  /** What happened, where somebody wants to read it. */
  trace: string[] | undefined;
  random!: Random;
  tick = 0;
  /** When the last change of the time began. */
  timeTick = 0;
  /** Deliveries under a lease that were decided, by the names they got, and have not been made. */
  readonly decided = new Map<string, Instant>();
  /** When the last crash was, on the running time of before. */
  crashedAt = 0;
  /** Called when somebody is told that there is no room. */
  full: () => void = () => undefined;
  #shift = 0;
  #names = 0;

  constructor(readonly config: Config) {
    this.journal = new SimJournal(this, config.chunk);
  }

  /** Running time. */
  get now(): number {
    return this.clock.now() + this.#shift;
  }

  instant(): Instant {
    return { tick: ++this.tick, now: this.now };
  }

  /** Names can't be guessed, but tell us when a delivery was decided. */
  unguessable(prefix: string): string {
    const name = `${prefix}n${++this.#names}`;
    this.decided.set(name, this.instant());
    return name;
  }

  /** A new clock and a new turn, as a broker that starts again has them. @param away milliseconds on the wall */
  restart(away: number): void {
    const { moment } = this.journal.disk;
    this.crashedAt = this.now;
    const wall = this.clock.wall() + away;
    this.clock = new ManualClock(this.random.below(100_000), wall);
    this.turn = new ManualTurn();
    this.decided.clear();
    this.#shift = moment === undefined ? 0 : moment.running + Math.max(0, wall - moment.wall) - this.clock.now();
  }

  note(text: () => string): void {
    this.trace?.push(`${this.now} ${text().replaceAll(/\.{9,}/g, '…')}`);
  }

  fail(rule: string): never {
    throw new Violation(rule);
  }

  check(rule: boolean, text: string): void {
    if (!rule) this.fail(text);
  }
}
