import { expect } from 'chai';
import { describe, it } from 'mocha';
import { STANDARD } from '../../../src/domain/message.js';
import { Decoder } from '../../../src/protocol/decoder.js';
import type { Refused } from '../../../src/protocol/refused.js';
import { parseTaggedAnswer } from '../../../src/protocol/tagged/parse-answer.js';
import { parseTagged } from '../../../src/protocol/tagged/parse-command.js';

const LIMITS = { line: 8192, body: 16 * 1024 * 1024 };

/** All that comes of a text that is pushed whole. */
function decode(text: string): unknown[] {
  const decoder = new Decoder(parseTagged, LIMITS);
  decoder.push(Buffer.from(text, 'latin1'));
  const frames: unknown[] = [];
  for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) frames.push(frame);
  return frames;
}

const refusal = (line: string) => decode(`${line}\r\n`)[0] as Refused;

describe('Decoder of the tagged protocol', () => {
  it('passes over the longest body without holding it', () => {
    const decoder = new Decoder(parseTagged, LIMITS);
    const length = 2 ** 31 - 1;
    decoder.push(Buffer.from(`>> t ${length} 60 jobs -\r\n`));
    expect(decoder.next()).to.include({ code: 'body-too-large', tag: 't', skip: length });
    const piece = Buffer.alloc(64 * 1024, 'x');
    const before = process.memoryUsage().arrayBuffers;
    for (let left = length; left > 0; left -= piece.length) {
      decoder.push(piece, Math.min(left, piece.length));
      expect(decoder.next()).to.equal(undefined);
      if (decoder.held !== 0) throw new Error('it holds what is passed over');
    }
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(1024 * 1024);
    decoder.push(Buffer.from('\r\n.. next\r\n'));
    expect(decoder.next()).to.include({ kind: 'take-back', tag: 'next' });
  });

  it('passes over a body of which a part is there already', () => {
    const decoder = new Decoder(parseTagged, { line: 100, body: 4 });
    decoder.push(Buffer.from('>> t 10 60 jobs -\r\n01234'));
    expect(decoder.next()).to.include({ code: 'body-too-large', skip: 10 });
    expect(decoder.held).to.equal(5);
    decoder.push(Buffer.from('56789\r\n.. next\r\n'));
    expect(decoder.next()).to.include({ tag: 'next' });
  });

  it('says nothing more after what it could not follow', () => {
    const decoder = new Decoder(parseTagged, LIMITS);
    decoder.push(Buffer.from('>> t x 60 jobs -\r\n.. next\r\n'));
    expect(decoder.next()).to.include({ code: 'bad-length', tag: 't', skip: undefined });
    decoder.push(Buffer.from('.. next\r\n'));
    expect(decoder.next()).to.equal(undefined);
  });

  it('gives all sends without options the same ones', () => {
    const [frame] = decode('>> t 5 60 jobs -\r\nhello\r\n');
    expect((frame as { options: unknown }).options).to.equal(STANDARD);
  });

  it('gives all receipts without options the same empty ones', () => {
    const decoder = new Decoder(parseTaggedAnswer, LIMITS);
    decoder.push(Buffer.from('++ t\r\n++ u\r\n'));
    const options = (frame: unknown) => (frame as { options: unknown }).options;
    expect(options(decoder.next())).to.equal(options(decoder.next()));
  });

  it('takes a refusal by the broker for an answer, and goes on', () => {
    const decoder = new Decoder(parseTaggedAnswer, LIMITS);
    decoder.push(Buffer.from('-- t full later\r\n++ t\r\n'));
    expect(decoder.next()).to.include({ kind: 'refusal', tag: 't', code: 'full' });
    expect(decoder.next()).to.include({ kind: 'done', tag: 't' });
  });
});

describe('Refusals of the tagged protocol', () => {
  for (const [line, text] of [
    ['hello', 'unknown command (expected one of !! >> << .. ++ -- ~~ == .)'],
    ['>> t 5', 'wrong number of words (expected >> tag bodyLen timeout toAddr replyAddr|- [k=v ..])'],
    ['>> t x 60 a -', 'a body length in digits was expected'],
    ['>> t 5 x a -', 'timeout: seconds were expected: up to 9 digits, then perhaps a point and up to 3'],
    ['>> t 5 60 a=b -', 'an address is 1 to 255 bytes without control characters or =, and is not -'],
    ['>> t 5 60 dead:a -', 'clients cannot send to dead: addresses'],
    ['>> t 5 60 a - ttl=5', 'unknown option ttl= (expected id= delay= attempts= once= dead= receipt=)'],
    ['>> t 5 60 a - id=x id=y', 'id= is there twice'],
    ['>> t 5 60 a - \x01\x7f\x02=5', 'unknown option ???= (expected id= delay= attempts= once= dead= receipt=)'],
    ['>> t 5 60 a - delay=60', 'delay=: seconds, less than the timeout, were expected'],
    ['<< t 5 ~m~1', 'only a whole mailbox can be waited on, not a label of it'],
    ['<< t 5 a id=x', 'unknown option id= (expected count= lease=)'],
    ['!! t v=2', 'unknown option v= (expected idle=)'],
    ['!! t idle=1 idle=2', 'idle= is there twice'],
    ['.. @t', 'a tag is 1 to 64 bytes without control characters and does not begin with @'],
    ['++ d', "a delivery's name begins with @"],
    [
      '== t drop a',
      '== does not know that command (expected stats, queues, peek, purge, kick, pause, resume or recall)',
    ],
    ['== t purge', '== tag purge addr was expected'],
    ['== t purge ~m~1', 'purge: an address was expected, no label of a mailbox'],
    ['== t peek a 1001', 'peek: a number of messages, 1 to 1000, was expected'],
  ] as const) {
    it(`name what was wrong with ${JSON.stringify(line)}`, () => {
      expect(refusal(line).text).to.equal(text);
    });
  }

  it('cut what nobody knows', () => {
    expect(refusal(`<< t 5 a ${'n'.repeat(1000)}=1`).text).to.equal(
      `unknown option ${'n'.repeat(32)}..= (expected count= lease=)`,
    );
  });
});
