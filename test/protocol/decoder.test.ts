import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { type Answer, parseAnswer } from '../../src/protocol/answers.js';
import { type Command, parseCommand } from '../../src/protocol/commands.js';
import { Decoder, type Frame, type Grammar } from '../../src/protocol/decoder.js';
import {
  encodeMessage,
  encodeQuery,
  encodeReceive,
  encodeRefusal,
  GOODBYE,
  TIMEOUT,
} from '../../src/protocol/encoder.js';

const LIMITS = { line: 8192, body: 16 * 1024 * 1024 };

const bytes = (from: number, constraints: fc.ArrayConstraints, not: readonly number[] = []) =>
  fc
    .array(fc.integer({ min: from, max: 255 }), constraints)
    .map((codes) => String.fromCharCode(...codes.map((code) => (not.includes(code) ? 0x61 : code))));

const address = bytes(0x21, { minLength: 1, maxLength: 255 }, [0x7f]);
const mailbox = address.map((text) => text.replaceAll('~', '-'));
const body = bytes(0, { maxLength: 3000 });
const seconds = fc.nat(2 ** 31 - 1);

/** Cuts a text at places that a random number generator of its own would choose. */
function cut(text: string, sizes: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0, i = 0; at < text.length; i++) {
    const size = sizes[i % sizes.length] as number;
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}

function decode<F extends Frame>(grammar: Grammar<F>, pieces: readonly string[]): unknown[] {
  const decoder = new Decoder(grammar, LIMITS);
  const shared = Buffer.alloc(70_000);
  const frames: unknown[] = [];
  for (const piece of pieces) {
    decoder.push(shared, shared.write(piece, 'latin1'));
    for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) frames.push(frame);
    shared.fill(0);
  }
  expect(decoder.held).to.equal(0);
  return frames;
}

describe('Decoder and encoder', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 5 });

  it('agree on every command, however it is cut', () => {
    const command: fc.Arbitrary<[string, Command]> = fc.oneof(
      fc
        .tuple(address, fc.option(address, { nil: undefined }), body, seconds)
        .map(([to, replyTo, text, timeout]): [string, Command] => [
          encodeMessage({ to, replyTo, body: text }, timeout),
          { kind: 'send', to, replyTo, timeout, body: text, bodyLength: text.length },
        ]),
      fc
        .tuple(address, body, seconds)
        .map(([to, text, timeout]): [string, Command] => [
          encodeQuery(to, text, timeout),
          { kind: 'query', to, replyTo: undefined, timeout, body: text, bodyLength: text.length },
        ]),
      fc
        .tuple(fc.array(mailbox, { minLength: 1, maxLength: 8 }), seconds)
        .map(([addresses, timeout]): [string, Command] => [
          encodeReceive(addresses, timeout),
          { kind: 'receive', addresses, timeout, body: '', bodyLength: 0 },
        ]),
      fc.constant<[string, Command]>([GOODBYE, { kind: 'goodbye', body: '', bodyLength: 0 }]),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 10 }), sizes, (commands, at) => {
        const text = commands.map(([encoded]) => encoded).join('');
        expect(decode(parseCommand, cut(text, at))).to.deep.equal(commands.map(([, expected]) => expected));
      }),
    );
  });

  it('agree on every answer, however it is cut', () => {
    const text = bytes(0x21, { maxLength: 50 }, [0xa0]);
    const answer: fc.Arbitrary<[string, Answer]> = fc.oneof(
      fc
        .tuple(address, fc.option(address, { nil: undefined }), body, seconds)
        .map(([to, replyTo, carried, timeout]): [string, Answer] => [
          encodeMessage({ to, replyTo, body: carried }, timeout),
          { kind: 'message', to, replyTo, timeout, body: carried, bodyLength: carried.length },
        ]),
      fc.constant<[string, Answer]>([TIMEOUT, { kind: 'timeout', body: '', bodyLength: 0 }]),
      text.map((why): [string, Answer] => [
        encodeRefusal(why),
        { kind: 'refusal', text: why, body: '', bodyLength: 0 },
      ]),
    );
    fc.assert(
      fc.property(fc.array(answer, { maxLength: 10 }), sizes, (answers, at) => {
        const encoded = answers.map(([one]) => one).join('');
        expect(decode(parseAnswer, cut(encoded, at))).to.deep.equal(answers.map(([, expected]) => expected));
      }),
    );
  });
});

describe('Decoder', () => {
  const big = (length: number) => Buffer.alloc(length, 'abcdefghij').toString('latin1');

  for (const length of [65_535, 65_536, 65_537, 3 * 65_536 + 1, 2_000_000]) {
    it(`takes a body of ${length} bytes in pieces`, () => {
      const sent = encodeMessage({ to: 'a', replyTo: undefined, body: big(length) }, 1);
      const [send, bye] = decode(parseCommand, cut(`${sent}.\r\n`, [65_536, 1, 1000, 3])) as [Command, Command];
      expect(send.body === big(length)).to.equal(true);
      expect(bye.kind).to.equal('goodbye');
    });
  }

  it('takes no memory for a body that was only announced', () => {
    const decoders: Decoder<Command>[] = [];
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 50; i++) {
      const decoder = new Decoder<Command>(parseCommand, LIMITS);
      decoder.push(Buffer.from('> 16777216 1 a\r\nx'));
      expect(decoder.next()).to.equal(undefined);
      decoders.push(decoder);
    }
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(50 * 128 * 1024);
    expect(decoders.every(({ held }) => held === 0)).to.equal(true);
  });

  it('keeps apart what several connections say at the same time', () => {
    const one = new Decoder<Command>(parseCommand, LIMITS);
    const other = new Decoder<Command>(parseCommand, LIMITS);
    const shared = Buffer.alloc(100);
    const feed = (decoder: Decoder<Command>, text: string) => {
      decoder.push(shared, shared.write(text, 'latin1'));
      return decoder.next();
    };
    expect(feed(one, '> 4 1 o')).to.equal(undefined);
    expect(feed(other, '> 5 1 other\r\nhe')).to.equal(undefined);
    expect(feed(one, 'ne\r\nab')).to.equal(undefined);
    expect(feed(other, 'llo\r\n')).to.include({ to: 'other', body: 'hello' });
    expect(feed(one, 'cd\r\n')).to.include({ to: 'one', body: 'abcd' });
  });

  it('keeps what it was lent, once it was told to hold it', () => {
    const decoder = new Decoder<Command>(parseCommand, LIMITS);
    const shared = Buffer.from('< 1 a\r\n< 2 b\r\n');
    decoder.push(shared);
    expect(decoder.next()).to.deep.include({ timeout: 1, addresses: ['a'] });
    decoder.hold();
    shared.fill(0);
    expect(decoder.held).to.equal(7);
    decoder.push(Buffer.from('.\r\n'));
    expect(decoder.next()).to.deep.include({ timeout: 2, addresses: ['b'] });
    expect(decoder.next()?.kind).to.equal('goodbye');
    expect(decoder.next()).to.equal(undefined);
  });

  it('tells apart addresses that fall into one place of its memory of them', () => {
    const names = Array.from({ length: 5000 }, (_, i) => `name-${i}`);
    const text = [...names, ...names].map((name) => encodeReceive([name], 1)).join('');
    const frames = decode(parseCommand, cut(text, [60_000])) as { addresses: string[] }[];
    expect(frames.map(({ addresses }) => addresses[0])).to.deep.equal([...names, ...names]);
  });
});
