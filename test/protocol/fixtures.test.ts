import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseAnswer } from '../../src/protocol/answers.js';
import { parseCommand } from '../../src/protocol/commands.js';
import { Decoder, type DecoderLimits, type Frame, type Grammar } from '../../src/protocol/decoder.js';

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
function decode<F extends Frame>(grammar: Grammar<F>, limits: DecoderLimits, pieces: readonly string[]): unknown[] {
  const decoder = new Decoder(grammar, limits);
  const frames: unknown[] = [];
  for (const piece of pieces) {
    decoder.push(SHARED, SHARED.write(piece, 'latin1'));
    for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) frames.push(plain(frame));
    SHARED.fill(0x2e);
  }
  return frames;
}

function plain(frame: object): unknown {
  const { bodyLength, body, ...rest } = frame as Frame;
  const { kind } = rest as { kind?: string };
  const carries = kind === 'send' || kind === 'query' || kind === 'message';
  if (carries) expect(bodyLength).to.equal(body.length);
  return JSON.parse(JSON.stringify(carries ? { ...rest, body } : rest));
}

function describeFixtures<F extends Frame>(file: string, grammar: Grammar<F>): void {
  const { fixtures } = JSON.parse(readFileSync(new URL(`test/fixtures/wire/${file}`, ROOT), 'utf8')) as {
    fixtures: Fixture[];
  };

  describe(`Decoder on ${file}`, () => {
    for (const { name, bytes, frames, limits = LIMITS } of fixtures) {
      it(name, () => {
        expect(decode(grammar, limits, [bytes]), 'whole').to.deep.equal(frames);
        expect(decode(grammar, limits, [...bytes]), 'byte by byte').to.deep.equal(frames);
        for (let at = 1; at < bytes.length; at++) {
          const pieces = [bytes.slice(0, at), bytes.slice(at)];
          expect(decode(grammar, limits, pieces), `split at ${at}`).to.deep.equal(frames);
        }
      });
    }
  });
}

describeFixtures('part1-commands.json', parseCommand);
describeFixtures('part1-answers.json', parseAnswer);
