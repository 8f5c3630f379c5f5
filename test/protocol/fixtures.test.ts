import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseAnswer } from '../../src/protocol/answers.js';
import { parseCommand } from '../../src/protocol/commands.js';
import { Decoder, type DecoderLimits, type Frame, type Grammar } from '../../src/protocol/decoder.js';
import { parseTaggedAnswer } from '../../src/protocol/tagged/parse-answer.js';
import { parseTagged } from '../../src/protocol/tagged/parse-command.js';

interface Fixture {
  readonly name: string;
  readonly bytes: string;
  readonly frames: readonly Readonly<Record<string, unknown>>[];
  readonly limits?: DecoderLimits;
}

const ROOT = new URL('../../../', import.meta.url);
const LIMITS: DecoderLimits = { line: 8192, body: 16 * 1024 * 1024 };

/** As `accept` does it: every piece comes in the same buffer, which changes as soon as the piece was decoded. */
const SHARED = Buffer.alloc(64 * 1024);

/** All that comes of the pieces. Bodies' lengths, which the bodies tell, are left out, and what is undefined. */
function decode({ grammar, plain }: Part, limits: DecoderLimits, pieces: readonly string[]): unknown[] {
  const decoder = new Decoder(grammar, limits);
  const frames: unknown[] = [];
  for (const piece of pieces) {
    decoder.push(SHARED, SHARED.write(piece, 'latin1'));
    for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) frames.push(plain(frame));
    SHARED.fill(0x2e);
  }
  return frames;
}

interface Part {
  readonly grammar: Grammar<Frame>;
  readonly plain: (frame: object) => unknown;
}

function original(frame: object): unknown {
  const { bodyLength, body, ...rest } = frame as Frame;
  const carries = rest.kind === 'send' || rest.kind === 'query' || rest.kind === 'message';
  if (carries) expect(bodyLength).to.equal(body.length);
  return JSON.parse(JSON.stringify(carries ? { ...rest, body } : rest));
}

/** What a refusal says is for people; here it need only be something, and one line. */
function tagged(frame: object): unknown {
  const { bodyLength, body, ...rest } = frame as Frame & { options?: unknown; text?: string | undefined };
  const carries = rest.kind === 'send' || rest.kind === 'message' || rest.kind === 'answer';
  if (carries) expect(bodyLength).to.equal(body.length);
  if (rest.options instanceof Map) rest.options = Object.fromEntries(rest.options);
  if (rest.kind === 'refused') {
    expect(rest.text).to.match(/^[ -~]{10,200}$/);
    rest.text = undefined;
  }
  return JSON.parse(JSON.stringify(carries ? { ...rest, body } : rest));
}

function describeFixtures(file: string, part: Part): void {
  const { fixtures } = JSON.parse(readFileSync(new URL(`test/fixtures/wire/${file}`, ROOT), 'utf8')) as {
    fixtures: Fixture[];
  };

  describe(`Decoder on ${file}`, () => {
    for (const { name, bytes, frames, limits = LIMITS } of fixtures) {
      it(name, () => {
        expect(decode(part, limits, [bytes]), 'whole').to.deep.equal(frames);
        expect(decode(part, limits, [...bytes]), 'byte by byte').to.deep.equal(frames);
        for (let at = 1; at < bytes.length; at++) {
          const pieces = [bytes.slice(0, at), bytes.slice(at)];
          expect(decode(part, limits, pieces), `split at ${at}`).to.deep.equal(frames);
        }
      });
    }
  });
}

describeFixtures('part1-commands.json', { grammar: parseCommand, plain: original });
describeFixtures('part1-answers.json', { grammar: parseAnswer, plain: original });
describeFixtures('part2-commands.json', { grammar: parseTagged, plain: tagged });
describeFixtures('part2-answers.json', { grammar: parseTaggedAnswer, plain: tagged });
