import type { FigureName, Figures } from './figures.js';

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
export interface Settings {
  readonly rounds: number;
  /** That one measurement takes, after a warm-up. */
  readonly seconds: number;
  /** Before each. */
  readonly warm: number;
  /** That the longest one takes. */
  readonly stallSeconds: number;
  /** Where a question speaks of a million, this many; and in proportion what goes with it. */
  readonly million: number;
  /** Only to see that all of it works: no figure is worth anything, and none is judged. */
  readonly quick?: boolean;
}
