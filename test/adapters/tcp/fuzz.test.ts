import { randomInt } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { EMPTY } from '../../support/exchange.js';
import { TcpBroker } from '../../support/tcp.js';
import { temporaryFolder } from '../../support/wire.js';

/** How many inputs; FUZZ_INPUTS=100000 for a long run. */
const INPUTS = Number(process.env.FUZZ_INPUTS ?? 5000);
/** Printed, and taken from FUZZ_SEED to play a run again. */
const SEED = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));
/** Connections that misbehave at the same time. */
const BESIDE = 8;

const byte = fc.integer({ min: 0, max: 255 });
const rubbish = fc.array(byte, { maxLength: 300 }).map((bytes) => String.fromCharCode(...bytes));

const sign = fc.constantFrom('>', '<', '?', '.', '*', '-', '>>', '!!', '');
const word = fc.oneof(
  fc.constantFrom('0', '1', '5', '60', '-1', '+3', '2147483647', '2147483648', '99999999999999999999', '1.5', 'x'),
  fc.constantFrom('fuzz', 'fuzz2', '~m', '~m~1', 'a'.repeat(255), 'a'.repeat(256), '\x00', '\x7f', '\xff', 'a\rb'),
);
const blank = fc.constantFrom(' ', ' ', ' ', '  ', '\t');
const lineEnd = fc.constantFrom('\r\n', '\r\n', '\n', '\r', '');
const line = fc
  .tuple(sign, fc.array(fc.tuple(blank, word), { maxLength: 11 }), lineEnd)
  .map(([first, words, end]) => first + words.flat().join('') + end);

const good = fc.oneof(
  fc
    .tuple(fc.constantFrom('>', '?'), rubbish, fc.nat(3))
    .map(([what, body, secs]) => `${what} ${body.length} ${secs} fuzz\r\n${body}\r\n`),
  fc.constantFrom(
    '< 0 fuzz\r\n',
    '< 1 fuzz fuzz2\r\n',
    '< 2 ~m\r\n',
    '> 0 2 ~m~7 fuzz2\r\n',
    '.\r\n',
    '\r\n',
    '> 9 1 fuzz\r\nshort\r\n',
  ),
  fc.integer({ min: 8180, max: 8200 }).map((length) => `< 0 ${'a'.repeat(length)}`),
  fc.integer({ min: 65_530, max: 300_000 }).map((length) => `> ${length} 2 fuzz\r\n${'b'.repeat(length)}\r\n`),
);

/** Good commands in which a few bytes were changed, lost or doubled. */
const mutated = fc
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

const input = fc.record({
  text: fc.oneof(
    { weight: 2, arbitrary: rubbish },
    { weight: 3, arbitrary: fc.array(line, { maxLength: 6 }).map((lines) => lines.join('')) },
    { weight: 4, arbitrary: mutated },
  ),
  cut: fc.option(fc.nat(400), { nil: undefined, freq: 3 }),
  /** 0: the unix socket, 1: TCP. */
  over: fc.constantFrom(0, 1),
  leave: fc.constantFrom('end', 'destroy'),
  reads: fc.boolean(),
});

type Input = typeof input extends fc.Arbitrary<infer T> ? T : never;

/** Inputs without end, a few at a time, so that those that are done with are not kept. */
function* sampled(): Generator<Input, never> {
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

describe('TcpServer under rubbish', () => {
  it(`takes ${INPUTS} inputs (FUZZ_SEED=${SEED}), and a client beside them never notices`, async function () {
    this.timeout(60_000 + INPUTS * 20);
    const folder = temporaryFolder();
    const listen = [
      { path: folder.path('socket'), mode: 0o600 },
      { host: '127.0.0.1', port: 0 },
    ];
    const broker = new TcpBroker(listen, { maxConnections: 100_000 });
    await broker.server.start();

    let over = false;
    const rounds = roundTrips(broker, () => over);
    const inputs = sampled();
    let begun = 0;
    const misbehaving = Array.from({ length: BESIDE }, async () => {
      while (begun < INPUTS) {
        begun++;
        await misbehave(broker, inputs.next().value);
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
  });
});

/** A client and a handler that behave, and check each answer. Returns how often they went round. */
async function roundTrips(broker: TcpBroker, over: () => boolean): Promise<number> {
  const [asker, handler] = [await broker.connect(), await broker.connect()];
  let rounds = 0;
  for (; !over(); rounds++) {
    const question = `question ${rounds} ${'?'.repeat(rounds % 500)}`;
    handler.received = '';
    asker.received = '';
    handler.say('< 1000000 well-behaved\r\n');
    asker.say(`? ${question.length} 1000000 well-behaved\r\n${question}\r\n`);
    const got = await handler.until((received) => received.endsWith(`${question}\r\n`));
    const [, replyTo] = /^> \d+ 1000000 well-behaved (\S+)\r\nquestion/.exec(got) ?? [];
    handler.say(`> ${question.length} 5 ${replyTo}\r\n${question}\r\n`);
    const answer = await asker.until((received) => received.endsWith(`${question}\r\n`));
    expect(answer).to.equal(`> ${question.length} 5 ${replyTo}\r\n${question}\r\n`);
  }
  await Promise.all([asker.close(), handler.close()]);
  return rounds;
}
