import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Figures, medians } from './figures.js';
import { boundOf, isWithin, type Question, type Settings, type Standing, type Target } from './question.js';

/** What came out. */
export interface Answer {
  readonly question: string;
  readonly asks: string;
  readonly judged: Question['judged'];
  readonly contenders: readonly Measured[];
  /** Those that are not installed. */
  readonly missing: readonly string[];
  readonly verdicts: readonly Verdict[];
}

export interface Measured {
  readonly name: string;
  readonly version: string;
  readonly rounds: readonly Figures[];
  readonly medians: Figures;
  /** Of the judged figure: that of the one in question over that of this one. */
  readonly ratio: number;
}

export interface Verdict {
  readonly target: Target;
  /** Undefined where the other one is missing. */
  readonly value: number | undefined;
  readonly reached: boolean;
}

/** Told of each measurement. @param of the rounds */
export type Progress = (round: number, of: number, contender: string, figures: Figures) => void;

/** Starts all, measures each in turn, round after round, so that what drifts hits all, and stops all. */
export async function answer(question: Question, settings: Settings, progress: Progress): Promise<Answer> {
  const present = question.contenders.filter((contender) => contender.version() !== undefined);
  const missing = question.contenders.filter((contender) => !present.includes(contender)).map(({ name }) => name);
  const folder = mkdtempSync(join(tmpdir(), 'msglite-bench-'));
  const standing: Standing[] = [];
  const rounds: Figures[][] = present.map(() => []);
  try {
    for (const contender of present) {
      standing.push(await contender.start(mkdtempSync(join(folder, `${contender.name}-`)), settings));
    }
    for (let round = 1; round <= settings.rounds; round++) {
      for (const [i, one] of standing.entries()) {
        if (round > 1 && present[i]?.once) continue;
        const figures = await one.measure();
        rounds[i]?.push(figures);
        progress(round, settings.rounds, present[i]?.name ?? '', figures);
      }
    }
  } finally {
    for (const one of standing) await one.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const all = present.map(({ name, version }, i) => {
    const own = rounds[i] ?? [];
    return { name, version: version() ?? '', rounds: own, medians: medians(own) };
  });
  const { judged, targets } = question;
  const first = all[0]?.medians[judged] ?? Number.NaN;
  const contenders = all.map((one) => ({ ...one, ratio: first / (one.medians[judged] ?? Number.NaN) }));
  const verdicts = (settings.quick ? [] : targets).map((target) => verdict(target, first, contenders));
  return { question: question.name, asks: question.asks, judged, contenders, missing, verdicts };
}

function verdict(target: Target, first: number, contenders: readonly Measured[]): Verdict {
  const value = target.over === undefined ? first : contenders.find(({ name }) => name === target.over)?.ratio;
  const reached = value !== undefined && isWithin(target, value, boundOf(target));
  return { target, value, reached };
}
