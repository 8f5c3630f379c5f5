import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { answer } from '../../bench/answer.js';
import type { Figures } from '../../bench/figures.js';
import type { Contender, Question, Settings, Target } from '../../bench/question.js';
import { table } from '../../bench/report/table.js';

const SETTINGS: Settings = { rounds: 3, seconds: 1, warm: 1, stallSeconds: 1, million: 1, workers: 2 };

/** One whose measurements are these, in turn. */
function fake(name: string, heard: string[], ...all: readonly Figures[]): Contender {
  let next = 0;
  return {
    name,
    version: () => (name === 'absent' ? undefined : '1'),
    async start(folder) {
      heard.push(`${name} started: ${existsSync(folder)}`);
      return {
        async measure() {
          heard.push(name);
          const figures = all[next++];
          if (figures === undefined) throw new Error('worn out');
          return figures;
        },
        async stop() {
          heard.push(`${name} stopped`);
        },
      };
    },
  };
}

function asked(targets: readonly Target[], ...contenders: readonly Contender[]): Question {
  return { name: 'fake', asks: 'What?', contenders, judged: 'cpu', targets };
}

const cpus = (...values: readonly number[]) => values.map((cpu) => ({ cpu }));

describe('the answer to a question', () => {
  it('measures in turns, and stops all', async () => {
    const heard: string[] = [];
    const question = asked([], fake('a', heard, ...cpus(1, 2, 3)), fake('b', heard, ...cpus(1, 2, 3)));
    await answer(question, SETTINGS, () => undefined);
    const turns = ['a', 'b', 'a', 'b', 'a', 'b'];
    expect(heard).to.deep.equal(['a started: true', 'b started: true', ...turns, 'a stopped', 'b stopped']);
  });

  it('compares medians', async () => {
    const targets = [
      { over: 'b', atMost: 2, aim: 1 },
      { over: 'b', atMost: 1.9, aim: 1 },
      { atLeast: 21, aim: 30 },
      { over: 'absent', atMost: 1, aim: 1 },
    ];
    const contenders = [fake('a', [], ...cpus(20, 1, 99)), fake('b', [], ...cpus(10, 10, 9)), fake('absent', [])];
    const found = await answer(asked(targets, ...contenders), SETTINGS, () => undefined);
    expect(found.contenders.map(({ ratio }) => ratio)).to.deep.equal([1, 2]);
    expect(found.missing).to.deep.equal(['absent']);
    expect(found.verdicts.map(({ value, reached }) => [value, reached])).to.deep.equal([
      [2, true],
      [2, false],
      [20, false],
      [undefined, false],
    ]);
    const machine = { date: '2024-01-01', cpu: 'a cpu', cores: 2, memory: 1, system: 'Linux', busy: 0 };
    const text = table({ answer: found, machine, settings: SETTINGS });
    expect(text)
      .to.match(/^a +20\.00 +1\.00$/m)
      .and.match(/^absent is not installed$/m);
    expect(text).to.match(/2\.00, must be <= 2 .*: reached\n.*must be <= 1\.9 .*: NOT REACHED/);
  });

  it('is none when one fails, and all are stopped', async () => {
    const heard: string[] = [];
    const question = asked([], fake('a', heard, ...cpus(1)), fake('b', heard, ...cpus(1)));
    const failure = await answer(question, SETTINGS, () => undefined).catch((error: Error) => error.message);
    expect(failure).to.equal('worn out');
    expect(heard.slice(-2)).to.deep.equal(['a stopped', 'b stopped']);
  });
});
