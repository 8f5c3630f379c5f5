import { randomInt } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { EMPTY } from './exchange.js';
import { TcpBroker } from './tcp.js';
import { temporaryFolder } from './wire.js';

/** How many inputs; FUZZ_INPUTS=100000 for a long run. */
export const INPUTS = Number(process.env.FUZZ_INPUTS ?? 5000);
/** Printed, and taken from FUZZ_SEED to play a run again. */
export const SEED = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));
/** Connections that misbehave at the same time. */
const BESIDE = 8;

const byte = fc.integer({ min: 0, max: 255 });
/** Bytes of any kind. */
export const rubbish = fc.array(byte, { maxLength: 300 }).map((bytes) => String.fromCharCode(...bytes));

const blank = fc.constantFrom(' ', ' ', ' ', '  ', '\t');
const lineEnd = fc.constantFrom('\r\n', '\r\n', '\n', '\r', '');

/** What a protocol is made of. */
export interface Grammar {
  /** What lines begin with, or nearly. */
  readonly sign: fc.Arbitrary<string>;
  readonly word: fc.Arbitrary<string>;
  /** Commands that can be understood, but for what is changed in them. */
  readonly good: fc.Arbitrary<string>;
}

/** What one client says, and how. */
interface Input {
  readonly text: string;
  /** Where what it says comes in two pieces. */
  readonly cut: number | undefined;
  /** 0: the unix socket, 1: TCP. */
  readonly over: number;
  readonly leave: 'end' | 'destroy';
  readonly reads: boolean;
}

function inputs({ sign, word, good }: Grammar): fc.Arbitrary<Input> {
  const line = fc
    .tuple(sign, fc.array(fc.tuple(blank, word), { maxLength: 11 }), lineEnd)
    .map(([first, words, end]) => first + words.flat().join('') + end);
  return fc.record({
    text: fc.oneof(
      { weight: 2, arbitrary: rubbish },
      { weight: 3, arbitrary: fc.array(line, { maxLength: 6 }).map((lines) => lines.join('')) },
      { weight: 4, arbitrary: mutated(good) },
    ),
    cut: fc.option(fc.nat(400), { nil: undefined, freq: 3 }),
    over: fc.constantFrom(0, 1),
    leave: fc.constantFrom('end', 'destroy'),
    reads: fc.boolean(),
  });
}

/** Good commands in which a few bytes were changed, lost or doubled. */
function mutated(good: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.array(good, { minLength: 1, maxLength: 6 }),
      fc.array(fc.tuple(fc.nat(1_000_000), fc.constantFrom('change', 'lose', 'double'), byte), { maxLength: 4 }),
    )
    .map(([commands, mutations]) =>
      mutations.reduce((text, [place, how, code]) => {
        const at = place % (Math.min(text.length, 400) + 1);
        const middle = how === 'change' ? String.fromCharCode(code) : how === 'lose' ? '' : text.slice(at, at + 2);
        return text.slice(0, at) + middle + text.slice(how === 'double' ? at : at + 1);
      }, commands.join('')),
    );
}

/** Inputs without end, a few at a time, so that those that are done with are not kept. */
function* sampled(grammar: Grammar): Generator<Input, never> {
  const input = inputs(grammar);
  for (let batch = 0; ; batch++) yield* fc.sample(input, { numRuns: 100, seed: SEED + batch });
}

/** Sends one input, in one piece or in two, and leaves in its way. */
async function misbehave(broker: TcpBroker, { text, cut, over, leave, reads }: Input): Promise<void> {
  await broker.acceptedMost();
  const client = await broker.connect(over);
  if (!reads) client.socket.pause();
  if (cut === undefined) {
    client.say(text);
  } else {
    client.say(text.slice(0, cut));
    await new Promise((resolve) => setImmediate(resolve));
    client.say(text.slice(cut));
  }
  await new Promise((resolve) => setImmediate(resolve));
  if (leave === 'end') {
    client.end();
    // One that waits for the answer to a query would stay until that.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await client.close();
}

/**
 * Clients that misbehave, each in its way, beside some that behave and check every answer. In the end nothing is left.
 * @param behave goes on until it is over, and returns how often it went round
 */
export async function fuzz(
  grammar: Grammar,
  behave: (broker: TcpBroker, over: () => boolean) => Promise<number>,
): Promise<void> {
  const folder = temporaryFolder();
  const listen = [
    { path: folder.path('socket'), mode: 0o600 },
    { host: '127.0.0.1', port: 0 },
  ];
  const broker = new TcpBroker(listen, { maxConnections: 100_000 });
  await broker.server.start();

  let over = false;
  const rounds = behave(broker, () => over);
  const next = sampled(grammar);
  let begun = 0;
  const misbehaving = Array.from({ length: BESIDE }, async () => {
    while (begun < INPUTS) {
      begun++;
      await misbehave(broker, next.next().value);
      if (begun % 50 === 0) broker.clock.advance(2000);
    }
  });
  await Promise.all(misbehaving).finally(() => {
    over = true;
  });
  expect(await rounds).to.be.above(INPUTS / 100);

  // Queries go on waiting after the end of their client's stream: some for as long as one can ask for.
  await broker.until(() => {
    broker.clock.advance(2 ** 32 * 1000);
    return broker.server.connections === 0;
  });
  broker.clock.advance(10_000);
  expect(broker.exchange.stats()).to.include(EMPTY);
  await broker.stop();
  folder.remove();
}
