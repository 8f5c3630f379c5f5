// npm run bench: asks the questions that are named, or all.
import { Command, InvalidArgumentError } from 'commander';
import { answer } from './answer.js';
import { machine } from './machine/machine.js';
import type { Question, Settings } from './question.js';
import { QUESTIONS } from './questions.js';
import { QUICK } from './quick.js';
import { writeDocument } from './report/document.js';
import { load, type Report, save } from './report/report.js';
import { progressLine, table } from './report/table.js';

interface Flags extends Settings {
  readonly save: string;
  readonly docs?: boolean;
}

const program = new Command('npm run bench --')
  .description('Asks what the broker costs, and what others cost that do the same work.')
  .argument('[questions...]', `some of: ${QUESTIONS.map(({ name }) => name).join(', ')}; the start of a name is enough`)
  .option('--rounds <n>', 'rounds, in which all are measured in turns', positive, 5)
  .option('--seconds <n>', 'that one measurement takes', positive, 4)
  .option('--warm <n>', 'seconds of warm-up before each', positive, 1)
  .option('--stall-seconds <n>', 'that the longest question takes', positive, 600)
  .option('--million <n>', 'where a question speaks of a million, take this many', positive, 1_000_000)
  .option('--workers <n>', 'processes, of servers that have workers', positive, 2)
  .option('--quick', 'everything for a moment, to see that it works; the figures are worth nothing')
  .option('--save <folder>', 'where the results go', 'bench/results')
  .option('--docs', 'ask nothing; write docs/performance.md from the saved results');

await program.parseAsync();
const flags = program.opts<Flags>();
if (flags.docs) writeDocument(flags.save, load(flags.save));
else await ask(chosen(program.args), flags);

async function ask(questions: typeof QUESTIONS, flags: Flags): Promise<void> {
  const settings = flags.quick ? QUICK : flags;
  for (const question of questions) {
    process.stderr.write(`\n${question.name}: ${question.asks}\n`);
    const found = await answer(question, settings, (...progress) => {
      process.stderr.write(`  ${progressLine(...progress)}\n`);
    });
    const { rounds, seconds, warm, stallSeconds, million, workers, quick } = settings;
    const used = { rounds, seconds, warm, stallSeconds, million, workers, ...(quick && { quick }) };
    const report: Report = { answer: found, machine: machine(), settings: used };
    process.stdout.write(`\n${table(report)}\n`);
    save(flags.save, report);
  }
}

function chosen(names: readonly string[]): typeof QUESTIONS {
  for (const name of names) {
    if (!QUESTIONS.some((question) => question.name.startsWith(name))) program.error(`there is no question ${name}`);
  }
  if (names.length === 0) return QUESTIONS;
  return QUESTIONS.filter((question) => names.some((name) => isCalled(question, name)));
}

/** By its name, or by a beginning that is nobody's name. */
function isCalled(question: Question, name: string): boolean {
  if (QUESTIONS.some((other) => other.name === name)) return question.name === name;
  return question.name.startsWith(name);
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number greater than 0.');
  return value;
}
