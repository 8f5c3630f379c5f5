import type { Answer, Verdict } from '../answer.js';
import { FIGURES, type FigureName, type Figures, figuresIn, printed } from '../figures.js';
import { boundOf } from '../question.js';
import type { Report } from './report.js';

/** One measurement, as it is made. */
export function progressLine(round: number, of: number, contender: string, figures: Figures): string {
  const values = figuresIn([figures]).map((name) => `${FIGURES[name].heading} ${cell(name, figures)}`);
  return `round ${round}/${of}  ${contender.padEnd(12)} ${values.join('  ')}`;
}

/** A report for people: medians, ratios, and what is reached. */
export function table({ answer, machine, settings }: Report): string {
  const { judged, contenders, missing, verdicts } = answer;
  const columns = figuresIn(contenders.map(({ medians }) => medians));
  const head = ['', ...columns.map((name) => FIGURES[name].heading), `ratio of ${FIGURES[judged].heading}`];
  const rows = contenders.map(({ name, medians, ratio }) => [
    name,
    ...columns.map((column) => cell(column, medians)),
    ratio.toFixed(2),
  ]);
  return [
    answer.asks,
    '',
    ...aligned([head, ...rows]),
    ...missing.map((name) => `${name} is not installed`),
    '',
    ...verdicts.map((verdict) => sentence(verdict, judged)),
    ...(settings.quick ? ['a quick look, of which no figure is worth anything'] : []),
    '',
    `${roundsOf(answer)}; ${machine.cpu}, ${machine.cores} cores, ${machine.system}, ${machine.date}, load ${machine.busy.toFixed(1)}`,
    ...contenders.map(({ name, version }) => `${name}: ${version}`),
    '',
  ].join('\n');
}

/** How often it was measured. */
export function roundsOf({ contenders }: Answer): string {
  const rounds = contenders[0]?.rounds.length ?? 0;
  return rounds === 1 ? '1 round' : `medians of ${rounds} rounds`;
}

/** What was to be reached, and whether it was. */
export function sentence({ target, value, reached }: Verdict, judged: FigureName): string {
  const what = target.over === undefined ? FIGURES[judged].heading : `over ${target.over}`;
  if (value === undefined) return `${what}: not measured`;
  const sign = 'atMost' in target ? '<=' : '>=';
  return `${what}: ${value.toFixed(2)}, must be ${sign} ${boundOf(target)} (aim ${target.aim}): ${reached ? 'reached' : 'NOT REACHED'}`;
}

function cell(name: FigureName, figures: Figures): string {
  const value = figures[name];
  return value === undefined ? '-' : printed(name, value);
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]) =>
    row.map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))).join('  ');
  return rows.map((row) => line(row).trimEnd());
}
