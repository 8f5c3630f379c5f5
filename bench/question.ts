import type { FigureName, Figures } from './figures.js';
import type { Times } from './load/job.js';

/** Something to be found out, of the broker and of those it is compared with. */
export interface Question {
  /** Of its file, and on the command line. */
  readonly name: string;
  /** In a sentence, for those who read the answer. */
  readonly asks: string;
  /** The first is the one in question; the others are its measure. */
  readonly contenders: readonly Contender[];
  /** The figure that decides. */
  readonly judged: FigureName;
  readonly targets: readonly Target[];
}

/** What is to be reached, and what is aimed at: as a ratio `over` another contender, or else as a figure. */
export type Target = { readonly over?: string; readonly aim: number } & (
  | { readonly atMost: number }
  | { readonly atLeast: number }
);

/** What must be reached. */
export function boundOf(target: Target): number {
  return 'atMost' in target ? target.atMost : target.atLeast;
}

/** Whether a value is on the right side of a bound: a target's own, or its aim. */
export function isWithin(target: Target, value: number, bound: number): boolean {
  return 'atMost' in target ? value <= bound : value >= bound;
}

/** The sign between a value and a bound of this target. */
export function signOf(target: Target): '≤' | '≥' {
  return 'atMost' in target ? '≤' : '≥';
}

/** One that takes part. */
export interface Contender {
  readonly name: string;
  /** What it is, as it says of itself. @returns undefined where it is not installed */
  version(): string | undefined;
  /**
   * Makes it ready for all rounds.
   * @param folder for its files, empty at first
   * @throws what kept it from starting
   */
  start(folder: string, settings: Settings): Promise<Standing>;
  /** Measured in the first round only, because that takes so long. */
  readonly once?: boolean;
}

/** One that is ready to be measured, again and again. */
export interface Standing {
  measure(): Promise<Figures>;
  stop(): Promise<void>;
}

/** How much of everything there is to be. */
export interface Settings extends Times {
  readonly rounds: number;
  /** Seconds that the longest one takes. */
  readonly stallSeconds: number;
  /** Where a question speaks of a million, this many; and in proportion what goes with it. */
  readonly million: number;
  /** Processes, of servers that have workers. */
  readonly workers: number;
  /** Only to see that all of it works: no figure is worth anything, and none is judged. */
  readonly quick?: boolean;
}
