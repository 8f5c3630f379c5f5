import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseAnswer } from '../../src/protocol/answers.js';
import { parseCommand } from '../../src/protocol/commands.js';
import { Decoder, type Frame, type Grammar } from '../../src/protocol/decoder.js';
import type { Refused } from '../../src/protocol/refused.js';
import { parseTaggedAnswer } from '../../src/protocol/tagged/parse-answer.js';
import { parseTagged } from '../../src/protocol/tagged/parse-command.js';

const DOCUMENT = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
const LIMITS = { line: 8192, body: 16 * 1024 * 1024 };

/** What one side says in an example, without what is explained behind it. */
function said(by: 'C' | 'B', block: string): string {
  const lines = block.split('\n').filter((line) => line.trimStart().startsWith(`${by}: `));
  return lines
    .map(
      (line) =>
        `${line
          .trimStart()
          .slice(3)
          .replace(/ {3,}.*/, '')}\r\n`,
    )
    .join('');
}

function decode<F extends Frame>(grammar: Grammar<F>, text: string): (F | Refused)[] {
  const decoder = new Decoder(grammar, LIMITS);
  decoder.push(Buffer.from(text));
  const frames: (F | Refused)[] = [];
  for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) frames.push(frame);
  if (frames.at(-1)?.kind !== 'refused') expect(decoder.held).to.equal(0);
  return frames;
}

/** The part's examples: blocks of lines in which nobody speaks beside another. */
function examples(from: string, to: string): string[] {
  const part = DOCUMENT.slice(DOCUMENT.indexOf(`\n${from}\n`), DOCUMENT.indexOf(`\n${to}\n`));
  return part.split('\n\n').filter((block) => /^ {4,6}[CB]: /.test(block));
}

describe('docs/protocol.md', () => {
  it('has examples of part 1 that are understood', () => {
    const blocks = examples('# Part 1: the original commands', '# Part 2: the tagged commands');
    expect(blocks.length).to.be.above(5);
    for (const block of blocks.filter((one) => !one.includes('B: - text'))) {
      const frames = [...decode(parseCommand, said('C', block)), ...decode(parseAnswer, said('B', block))];
      expect(frames, block).to.not.be.empty;
      expect(
        frames.filter(({ kind }) => kind === 'refused'),
        block,
      ).to.be.empty;
    }
  });

  it('has examples of part 2 that are understood, or refused as it says', () => {
    const blocks = examples('# Part 2: the tagged commands', '# Limits');
    expect(blocks.length).to.be.above(30);
    for (const block of blocks) {
      const commands = decode(parseTagged, said('C', block));
      const answers = decode(parseTaggedAnswer, said('B', block));
      expect(commands.length + answers.length, block).to.be.above(0);
      expect(
        answers.filter(({ kind }) => kind === 'refused'),
        block,
      ).to.be.empty;
      const refusals = commands
        .filter((frame) => frame.kind === 'refused')
        .map(({ tag, code, text }) => ({
          kind: 'refusal',
          tag: tag ?? '',
          code,
          text,
          bodyLength: 0,
          body: '',
        }));
      if (refusals.length > 0) expect(answers, block).to.deep.include.members(refusals);
    }
  });

  it('has an example of every command, and of every control', () => {
    const blocks = examples('# Part 2: the tagged commands', '# Limits');
    const kinds = new Set<string>();
    for (const block of blocks) {
      for (const frame of decode(parseTagged, said('C', block))) {
        kinds.add(frame.kind === 'control' ? frame.control.command : frame.kind);
      }
      for (const frame of decode(parseTaggedAnswer, said('B', block))) kinds.add(`answer ${frame.kind}`);
    }
    expect([...kinds]).to.include.members([
      ...['hello', 'send', 'receive', 'take-back', 'done', 'give-back', 'keep', 'goodbye'],
      ...['stats', 'queues', 'peek', 'purge', 'kick', 'pause', 'resume', 'recall'],
      ...['answer done', 'answer refusal', 'answer message', 'answer over', 'answer answer'],
    ]);
  });
});
