import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { fuzz, type Grammar, INPUTS, rubbish, SEED } from '../../support/fuzz.js';
import type { TcpBroker } from '../../support/tcp.js';

const addresses = fc.constantFrom(
  'fuzz',
  'fuzz2',
  '~m',
  '~m~1',
  'a'.repeat(255),
  'a'.repeat(256),
  '\x00',
  '\x7f',
  '\xff',
  'a\rb',
);

const original: Grammar = {
  sign: fc.constantFrom('>', '<', '?', '.', '*', '-', '>>', '!!', ''),
  word: fc.oneof(
    fc.constantFrom('0', '1', '5', '60', '-1', '+3', '2147483647', '2147483648', '99999999999999999999', '1.5', 'x'),
    addresses,
  ),
  good: fc.oneof(
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
  ),
};

const tag = fc.constantFrom('1', '2', '3', 'a-longer-tag');
const optional = (...options: string[]) => fc.subarray(options).map((some) => some.map((one) => ` ${one}`).join(''));

const tagged: Grammar = {
  sign: fc.constantFrom('!!', '>>', '<<', '..', '++', '--', '~~', '==', '.', '**', '>', ''),
  word: fc.oneof(
    tag,
    fc.constantFrom('0', '1', '5', '60', '-1', '0.5', '1.2345', '999999999', '9999999999', '99999999999999999999'),
    fc.constantFrom('@', '@x', '-', 'stats', 'queues', 'peek', 'purge', 'kick', 'resume', 'recall', 't'.repeat(65)),
    fc.constantFrom('id=x', 'id=', 'delay=1', 'attempts=1', 'once=1', 'dead=-', 'dead=fuzz', 'receipt=done', 'x=y'),
    fc.constantFrom('count=2', 'count=1000000000', 'count=0', 'lease=1', 'lease=0', 'idle=1', 'after=a', '='),
    addresses,
  ),
  good: fc.oneof(
    fc
      .tuple(tag, rubbish, optional('id=x', 'delay=0.5', 'attempts=1', 'once=1', 'dead=fuzz2', 'receipt=done'))
      .map(([name, body, options]) => `>> ${name} ${body.length} 1.5 fuzz ~m~1${options}\r\n${body}\r\n`),
    fc
      .tuple(tag, fc.constantFrom('0', '1', '3600'), optional('count=3', 'lease=0.5'))
      .map(([name, secs, options]) => `<< ${name} ${secs} fuzz dead:fuzz ~m${options}\r\n`),
    fc
      .tuple(tag, fc.constantFrom('stats', 'queues', 'peek fuzz 3', 'purge fuzz2', 'kick dead:fuzz', 'recall fuzz x'))
      .map(([name, control]) => `== ${name} ${control}\r\n`),
    tag.map((name) => `.. ${name}\r\n`),
    fc.constantFrom('!! h\r\n', '!! h token idle=0.001\r\n', '++ @x\r\n', '-- @x 1\r\n', '~~ @x 1\r\n', '.\r\n'),
    fc.constantFrom('>> 1 9 1 fuzz -\r\nshort\r\n', '>> 1 5 soon fuzz -\r\nhello\r\n', '>> 1 99999999 1 fuzz -\r\n'),
    fc.integer({ min: 8180, max: 8200 }).map((length) => `<< 1 0 ${'a'.repeat(length)}`),
    fc.integer({ min: 65_530, max: 300_000 }).map((size) => `>> 1 ${size} 2 fuzz -\r\n${'b'.repeat(size)}\r\n`),
  ),
};

describe('TcpServer under rubbish', () => {
  for (const [name, grammar, behave] of [
    ['original', original, originalRounds],
    ['tagged', tagged, taggedRounds],
  ] as const) {
    it(`takes ${INPUTS} ${name} inputs (FUZZ_SEED=${SEED}), and a client beside them never notices`, function () {
      this.timeout(60_000 + INPUTS * 20);
      return fuzz(grammar, behave);
    });
  }
});

/** A client and a handler that behave, and check each answer. */
async function originalRounds(broker: TcpBroker, over: () => boolean): Promise<number> {
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

/** The same with receipts and leases. */
async function taggedRounds(broker: TcpBroker, over: () => boolean): Promise<number> {
  const [asker, handler] = [await broker.connect(), await broker.connect()];
  asker.say('<< answers 1000000 ~well-behaved count=1000000000\r\n');
  let rounds = 0;
  for (; !over(); rounds++) {
    const question = `question ${rounds} ${'?'.repeat(rounds % 500)}`;
    const { length } = question;
    handler.received = '';
    await asker.expect(
      `>> s ${length} 1000000 well-behaved ~well-behaved~${rounds} id=${rounds}\r\n${question}\r\n`,
      '++ s\r\n',
    );
    handler.say('<< r 1000000 well-behaved lease=1000000\r\n');
    const got = await handler.until((received) => received.endsWith(`${question}\r\n`));
    const [, name] = / attempt=1 delivery=(\S+) id=/.exec(got) ?? [];
    await handler.expect(
      `>> a ${length} 1000000 ~well-behaved~${rounds} -\r\n${question}\r\n++ ${name}\r\n`,
      '++ a\r\n',
    );
    const answer = await asker.until((received) => received.endsWith(`${question}\r\n`));
    expect(answer).to.match(
      new RegExp(`^(\\+\\+ s\\r\\n)?>> answers ${length} 1000000 ~well-behaved~${rounds} - attempt=1`),
    );
  }
  await Promise.all([asker.close(), handler.close()]);
  return rounds;
}
