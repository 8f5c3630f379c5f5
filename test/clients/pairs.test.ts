import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { itWhere } from '../faults/scratch.js';
import { BrokerProcess, TestFolder } from '../support/process.js';
import { ROOT } from '../support/root.js';
import { findPython, firstThatRuns } from './interpreters.js';
import { run } from './run.js';

/** A language with its two programs: `ask ADDRESS TO BODY` prints the answer, `answer ADDRESS TO N` answers N queries. */
interface Language {
  readonly name: string;
  /** Where its client is; one that is not there yet is left out. */
  readonly folder: string;
  readonly examples: string;
  readonly ending: string;
  readonly interpreter: string | undefined;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

const client = (language: string, path: string) => join(ROOT, 'clients', language, path);

const LANGUAGES: readonly Language[] = [
  {
    name: 'TypeScript',
    folder: join(ROOT, 'src/client'),
    examples: join(ROOT, 'examples'),
    ending: 'mjs',
    interpreter: process.execPath,
  },
  {
    name: 'Python',
    folder: client('python', ''),
    examples: client('python', 'examples'),
    ending: 'py',
    interpreter: findPython(),
    env: { PYTHONPATH: client('python', 'src'), PYTHONDONTWRITEBYTECODE: '1' },
  },
  {
    name: 'Ruby',
    folder: client('ruby', ''),
    examples: client('ruby', 'examples'),
    ending: 'rb',
    interpreter: firstThatRuns(['/usr/bin/ruby', 'ruby'], ['-e', '']),
    args: ['-I', client('ruby', 'lib')],
  },
  {
    name: 'Perl',
    folder: client('perl', ''),
    examples: client('perl', 'examples'),
    ending: 'pl',
    interpreter: firstThatRuns(['/usr/bin/perl', 'perl'], ['-e', '']),
    args: ['-I', client('perl', 'lib')],
  },
].filter(({ folder }) => existsSync(folder));

const PROGRAMS = ['ask', 'answer'] as const;

function path({ examples, ending }: Language, program: (typeof PROGRAMS)[number]): string {
  return join(examples, `${program}.${ending}`);
}

describe('A query asked in one language and answered in another', function () {
  this.timeout(60_000);
  let folder: TestFolder;
  let broker: BrokerProcess;
  let address: string;
  const failed = new AbortController();

  before(async () => {
    folder = new TestFolder();
    address = `unix:${folder.file('socket')}`;
    broker = new BrokerProcess(['--address', folder.file('socket')]);
    await broker.listening();
  });

  after(async () => {
    failed.abort();
    await broker.end();
    folder.remove();
  });

  function start(language: Language, program: (typeof PROGRAMS)[number], ...args: string[]): Promise<string> {
    const { interpreter = language.name, args: options = [], env = {} } = language;
    return run(interpreter, [...options, path(language, program), ...args], { env, signal: failed.signal });
  }

  for (const language of LANGUAGES) {
    it(`${language.name} has its two programs`, () => {
      expect(PROGRAMS.filter((program) => !existsSync(path(language, program)))).to.deep.equal([]);
    });
  }

  for (const asking of LANGUAGES) {
    for (const answering of LANGUAGES) {
      const missing = [asking, answering].find(({ interpreter }) => interpreter === undefined);
      itWhere(missing === undefined, missing?.name ?? '', `${asking.name}, ${answering.name}`, async () => {
        const to = `sums-${asking.ending}-${answering.ending}`;
        const questions = ['what is 2+2?', 'x'.repeat(100_000)];
        const answered = start(answering, 'answer', address, to, String(questions.length));
        const asked = Promise.all(questions.map((question) => start(asking, 'ask', address, to, question)));
        // Whichever fails first tells why; the other is ended after all.
        const [answers] = await Promise.all([asked, answered]);
        const expected = questions.map((question) => [...question].reverse().join(''));
        expect(answers.map((answer) => answer.replace(/\r?\n$/, ''))).to.deep.equal(expected);
      });
    }
  }
});
