import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Control } from '../../../src/domain/control.js';
import { Message, type SendOptions, STANDARD } from '../../../src/domain/message.js';
import { Decoder, type Frame, type Grammar } from '../../../src/protocol/decoder.js';
import type { TaggedAnswer } from '../../../src/protocol/tagged/answers.js';
import type { TaggedCommand } from '../../../src/protocol/tagged/commands.js';
import * as answers from '../../../src/protocol/tagged/encode-answer.js';
import * as commands from '../../../src/protocol/tagged/encode-command.js';
import { parseTaggedAnswer } from '../../../src/protocol/tagged/parse-answer.js';
import { parseTagged } from '../../../src/protocol/tagged/parse-command.js';

const LIMITS = { line: 8192, body: 16 * 1024 * 1024 };

/** Strings of one byte per character, none of them below `from`. */
const bytes = (from: number, most: number, least = 0) =>
  fc
    .array(fc.integer({ min: from, max: 255 }), { minLength: least, maxLength: most })
    .map((codes) => String.fromCharCode(...codes));
const word = (most: number) => bytes(0x21, most, 1).map((text) => text.replaceAll('\x7f', 'x'));

const tag = word(64).map((text) => text.replace(/^@/, 'x'));
const name = word(22).map((text) => `@${text}`);
const address = word(255).map((text) => (text === '-' ? 'x' : text.replaceAll('=', '-').padEnd(2, 'x')));
const queue = address.map((text) => text.replaceAll('~', 'x'));
const sendable = address.map((text) => text.replace(/^dead:/, 'bread'));
const body = bytes(0, 3000);
const id = word(128);
const milliseconds = fc.oneof(fc.nat(5000), fc.integer({ min: 0, max: 999_999_999_999 }));
/** Of what has to be more than 0. */
const lasting = milliseconds.map((time) => Math.max(1, time));
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const plain = { bodyLength: 0, body: '' };

const options = fc.record<SendOptions>({
  id: some(id),
  delay: fc.nat(999),
  attempts: fc.integer({ min: 1, max: 1_000_000 }),
  once: fc.boolean(),
  dead: some(fc.oneof(fc.constant(''), address)),
  receipt: fc.constantFrom('taken', 'done'),
});

/** What is written, and what it is read as. */
type Pair<T> = readonly [string, T];

const send: fc.Arbitrary<Pair<TaggedCommand>> = fc
  .tuple(tag, sendable, some(address), body, milliseconds, fc.oneof(fc.constant(STANDARD), options))
  .map(([t, to, replyTo, text, timeout, given]) => {
    const kept = { ...given, delay: Math.max(0, Math.min(given.delay, (timeout === 0 ? 1000 : timeout) - 1)) };
    const encoded = commands.encodeTaggedSend(
      t,
      new Message(to, replyTo, text, timeout, given === STANDARD ? given : kept),
    );
    return [
      encoded,
      { kind: 'send', tag: t, to, replyTo, timeout, options: kept, body: text, bodyLength: text.length },
    ] as const;
  });

const receive: fc.Arbitrary<Pair<TaggedCommand>> = fc
  .tuple(
    tag,
    fc.array(queue, { minLength: 1, maxLength: 8 }),
    milliseconds,
    fc.integer({ min: 1, max: 1_000_000_000 }),
    milliseconds,
  )
  .map(([t, addresses, timeout, count, lease]) => {
    const wanted = { addresses, timeout, count, lease };
    return [commands.encodeTaggedReceive(t, wanted), { kind: 'receive', tag: t, ...wanted, ...plain }] as const;
  });

const delivery: fc.Arbitrary<Pair<TaggedCommand>> = fc
  .tuple(name, lasting, fc.constantFrom('done', 'give-back', 'keep'))
  .map(([d, time, kind]): Pair<TaggedCommand> => {
    if (kind === 'done') return [commands.encodeDone(d), { kind, delivery: d, ...plain }];
    if (kind === 'keep') return [commands.encodeKeep(d, time), { kind, delivery: d, lease: time, ...plain }];
    return [commands.encodeGiveBack(d, time), { kind: 'give-back', delivery: d, delay: time, ...plain }];
  });

const hello: fc.Arbitrary<Pair<TaggedCommand>> = fc
  .tuple(tag, some(address), some(lasting))
  .map(
    ([t, token, idle]) =>
      [commands.encodeHello(t, token, idle), { kind: 'hello', tag: t, token, idle, ...plain }] as const,
  );

const takeBack: fc.Arbitrary<Pair<TaggedCommand>> = tag.map(
  (t) => [commands.encodeTakeBack(t), { kind: 'take-back', tag: t, ...plain }] as const,
);

const control: fc.Arbitrary<Pair<TaggedCommand>> = fc
  .tuple(
    tag,
    fc.oneof<fc.Arbitrary<Control>[]>(
      fc.constant({ command: 'stats' }),
      fc.record({
        command: fc.constant('queues'),
        prefix: fc.oneof(fc.constant(''), queue),
        after: fc.oneof(fc.constant(''), word(255)),
      }),
      fc.record({ command: fc.constant('peek'), address: queue, count: fc.integer({ min: 1, max: 1000 }) }),
      fc.record({
        command: fc.constant('kick'),
        address: queue,
        count: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 1, max: 2 ** 31 - 1 })),
      }),
      fc.record({ command: fc.constantFrom('purge', 'pause', 'resume'), address: queue }),
      fc.record({ command: fc.constant('recall'), address, id }),
    ),
  )
  .map(
    ([t, asked]) => [commands.encodeControl(t, asked), { kind: 'control', tag: t, control: asked, ...plain }] as const,
  );

const message: fc.Arbitrary<Pair<TaggedAnswer>> = fc
  .tuple(tag, address, some(address), body, milliseconds, fc.nat(2 ** 31 - 1), some(name), some(id), some(address))
  .map(([t, to, replyTo, text, timeout, attempt, d, given, at]) => {
    const handed = {
      message: new Message(to, replyTo, text, timeout, { ...STANDARD, id: given }),
      at: at ?? to,
      attempt,
      name: d,
    };
    const sentTo = handed.at === to ? undefined : to;
    return [
      answers.encodeTaggedMessage(t, handed),
      {
        kind: 'message',
        tag: t,
        to: handed.at,
        replyTo,
        timeout,
        attempt,
        delivery: d,
        id: given,
        sentTo,
        body: text,
        bodyLength: text.length,
      },
    ] as const;
  });

const said: fc.Arbitrary<Pair<TaggedAnswer>> = fc.oneof(
  fc
    .tuple(tag, fc.boolean())
    .map(
      ([t, duplicate]): Pair<TaggedAnswer> => [
        answers.encodeAccepted(t, duplicate),
        { kind: 'done', tag: t, options: new Map(duplicate ? [['duplicate', '1']] : []), ...plain },
      ],
    ),
  fc.tuple(fc.oneof(tag, name, fc.constantFrom('', undefined)), bytes(0x21, 50)).map(([t, why]): Pair<TaggedAnswer> => {
    const text = why.replaceAll('\xa0', 'x');
    return [
      answers.encodeTaggedRefusal(t, 'full', text),
      { kind: 'refusal', tag: t === '?' || t === undefined ? '' : t, code: 'full', text, ...plain },
    ];
  }),
  tag.map((t): Pair<TaggedAnswer> => [answers.encodeOver(t), { kind: 'over', tag: t, ...plain }]),
  fc
    .tuple(tag, body)
    .map(
      ([t, json]): Pair<TaggedAnswer> => [
        answers.encodeAnswer(t, json),
        { kind: 'answer', tag: t, body: json, bodyLength: json.length },
      ],
    ),
);

/** All that comes of it, pushed in pieces of these sizes, in turn. */
function decode<F extends Frame>(grammar: Grammar<F>, text: string, sizes: readonly number[]): unknown[] {
  const decoder = new Decoder(grammar, LIMITS);
  const shared = Buffer.alloc(4000);
  const frames: unknown[] = [];
  for (let at = 0, i = 0; at < text.length; i++) {
    const size = sizes[i % sizes.length] as number;
    decoder.push(shared, shared.write(text.slice(at, at + size), 'latin1'));
    for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) frames.push(frame);
    shared.fill(0);
    at += size;
  }
  expect(decoder.held).to.equal(0);
  return frames;
}

function agree<F extends Frame>(grammar: Grammar<F>, pair: fc.Arbitrary<Pair<F>>): void {
  const sizes = fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 8 }), sizes, (pairs, at) => {
      const text = pairs.map(([encoded]) => encoded).join('');
      expect(decode(grammar, text, at)).to.deep.equal(pairs.map(([, expected]) => expected));
    }),
  );
}

describe('What is written in the tagged protocol is read as it was meant, however it is cut', () => {
  it('sends', () => agree(parseTagged, send));
  it('receives', () => agree(parseTagged, receive));
  it('what is said of deliveries', () => agree(parseTagged, delivery));
  it('hellos', () => agree(parseTagged, hello));
  it('control', () => agree(parseTagged, control));
  it('all commands in a row', () => agree(parseTagged, fc.oneof(send, receive, delivery, hello, takeBack, control)));
  it('messages', () => agree(parseTaggedAnswer, message));
  it('all answers in a row', () => agree(parseTaggedAnswer, fc.oneof(message, said)));
});
