import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict } from '../answer.js';
import { FIGURES, type FigureName, figuresIn, printed } from '../figures.js';
import { boundOf, isWithin, signOf } from '../question.js';
import { QUESTIONS } from '../questions.js';
import { ROOT } from '../root.js';
import { picture } from './picture.js';
import type { Report } from './report.js';
import { roundsOf } from './table.js';

const DOCS = join(ROOT, 'docs');
const FOLDER = 'performance';

/**
 * Writes docs/performance.md, its pictures, and beside them the results that they show.
 * @param results the folder that the reports were read from
 * @param docs the folder that it is written into
 * @throws if there is none, or one of a quick look
 */
export function writeDocument(results: string, saved: ReadonlyMap<string, Report>, docs = DOCS): void {
  const reports = QUESTIONS.flatMap(({ name }) => saved.get(name) ?? []);
  const quick = reports.filter(({ settings }) => settings.quick).map(({ answer }) => answer.question);
  if (reports.length === 0) throw new Error(`there are no results in ${results}`);
  if (quick.length > 0) throw new Error(`only a quick look was had at ${quick.join(', ')}`);
  mkdirSync(join(docs, FOLDER), { recursive: true });
  for (const { answer } of reports) {
    const name = answer.question;
    writeFileSync(join(docs, FOLDER, `${name}.svg`), picture(answer));
    copyFileSync(join(results, `${name}.json`), join(docs, FOLDER, `${name}.json`));
  }
  writeFileSync(join(docs, 'performance.md'), documentOf(reports));
}

function documentOf(reports: readonly Report[]): string {
  const rest = QUESTIONS.filter(({ name }) => !reports.some(({ answer }) => answer.question === name));
  return `# Performance

What msglite costs, beside others that do the same work. \`npm run bench -- --docs\` has written this from what \`npm run bench\`
measured; [bench/README.md](../bench/README.md) says how, and how to ask again. Ratios are of medians of one run, in which
all were measured in turns: they are worth something on other machines too. The absolute figures, further below, are of one machine:
${machineOf(reports)}. A load average well above 2 says that others were at work on it, too.

| question | ratio or figure | must be | aim | |
| --- | ---: | ---: | ---: | --- |
${reports.flatMap(({ answer }) => answer.verdicts.map((verdict) => verdictRow(answer.question, verdict, answer.judged))).join('\n')}
${rest.map(({ name }) => `\nNot measured: ${name}.`).join('')}
${reports.map(section).join('\n')}`;
}

function machineOf(reports: readonly Report[]): string {
  const texts = reports.map(({ machine }) => {
    const { cpu, cores, memory, system, date } = machine;
    return `${cpu}, ${cores} cores, ${memory} GB, ${system}, ${date}`;
  });
  return [...new Set(texts)].join('; ');
}

function verdictRow(question: string, { target, value, reached }: Verdict, judged: FigureName): string {
  const { heading } = FIGURES[judged];
  const [sign, bound] = [signOf(target), boundOf(target)];
  const what = target.over === undefined ? heading : `${heading}, over ${target.over}`;
  const found =
    value === undefined ? 'not measured' : target.over === undefined ? printed(judged, value) : value.toFixed(2);
  return `| [${question}](#${question}): ${what} | ${found} | ${sign} ${bound} | ${sign} ${target.aim} | ${standing(target, value, reached)} |`;
}

function standing(target: Verdict['target'], value: number | undefined, reached: boolean): string {
  if (value === undefined) return '';
  if (!reached) return '**not reached**';
  return isWithin(target, value, target.aim) ? 'reached, and the aim' : 'reached';
}

function section(report: Report): string {
  const { answer, machine } = report;
  const { question, asks, contenders, judged, missing } = answer;
  const columns = figuresIn(contenders.map(({ medians }) => medians));
  const rows = contenders.map(({ name, medians, ratio }) => {
    const cells = columns.map((column) => (medians[column] === undefined ? '' : printed(column, medians[column])));
    return `| ${[name, ...cells, ratio.toFixed(2)].join(' | ')} |`;
  });
  return `
## ${question}

${asks}

![${asks}](${FOLDER}/${question}.svg)

| | ${columns.map((name) => FIGURES[name].heading).join(' | ')} | ratio of ${FIGURES[judged].heading} |
| --- | ${columns.map(() => '---:').join(' | ')} | ---: |
${rows.join('\n')}

From ${roundsOf(answer)}${scale(report)}; load average of ${machine.busy.toFixed(1)} at the end. ${contenders.map(({ name, version }) => `${name}: ${version}`).join('; ')}.
${missing.map((name) => `Not installed: ${name}.\n`).join('')}`;
}

/** Says so where it was asked with less than the question speaks of. */
function scale({ answer: { asks }, settings: { million, stallSeconds, workers } }: Report): string {
  if (asks.includes('in as many workers')) return `, in ${workers} workers each`;
  if (asks.includes('1,000,000') && million < 1_000_000) return `, with ${million} messages for each 1,000,000`;
  if (asks.includes('10 minutes') && stallSeconds < 600) return `, in ${stallSeconds} seconds instead of 10 minutes`;
  return '';
}
