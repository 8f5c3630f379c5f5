import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { MAX_REPLY_HEAD, parseReply } from '../../../src/adapters/http/reply.js';

const HEAD = ['200', ['X', 'y']];
const LINE = '["200",["X","y"]]';
const LONG = JSON.stringify(HEAD, undefined, 2);

describe('http: the first message of a reply', () => {
  const good: readonly (readonly [text: string, rest: string])[] = [
    [LINE, ''],
    [`${LINE}\n`, ''],
    [`${LINE}\r\nbody`, 'body'],
    [`  ${LINE}  \nbody`, 'body'],
    [`${LINE}\nbody`, 'body'],
    [`${LINE}\n\nbody\n`, '\nbody\n'],
    [`${LINE}\n["404",[]]`, '["404",[]]'],
    [LONG, ''],
    [`${LONG}\n`, ''],
    [`${LONG}\nbody`, 'body'],
    [`${LONG} \t\r\n]"body`, ']"body'],
    [`\n${LINE}\nbody`, 'body'],
  ];
  for (const [text, rest] of good) {
    it(`takes apart ${JSON.stringify(text)}`, () => {
      expect(parseReply(text)).to.deep.equal({ head: HEAD, rest });
    });
  }

  const bad = [
    '',
    '\n',
    'hello',
    'hello\n',
    '[',
    '["200",["X","y"]',
    '["200",\n["X","y]',
    `${LONG}body`,
    ']\n[',
    '{"a":\n[1]}',
  ];
  for (const text of [...bad, `${LINE}body`, `${LINE}${LINE}`, `${LINE}x\nbody`]) {
    it(`does not take ${JSON.stringify(text)}`, () => {
      expect(parseReply(text)).to.equal(undefined);
    });
  }

  it('brackets and quotes within strings end nothing', () => {
    const head = ['200', ['X', ']"\\', '"', '[[']];
    expect(parseReply(`${JSON.stringify(head, undefined, 1)}\nbody`)).to.deep.equal({ head, rest: 'body' });
  });

  it('its JSON is UTF-8', () => {
    expect(parseReply('["200",["X","\xc3\xa9"]]')).to.deep.equal({ head: ['200', ['X', '\u00e9']], rest: '' });
  });

  it('has a longest head, on one line or several', () => {
    const value = 'y'.repeat(MAX_REPLY_HEAD - LINE.length + 1);
    const head = ['200', ['X', value]];
    expect(parseReply(`${JSON.stringify(head)}\nbody`)).to.deep.equal({ head, rest: 'body' });
    expect(parseReply(`${JSON.stringify(['200', ['X', `${value}y`]])}\nbody`)).to.equal(undefined);
    expect(parseReply(`${JSON.stringify(head, undefined, 1)}\nbody`)).to.equal(undefined);
  });

  it('what was written is read back, however it is laid out', () => {
    const bytes = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)) });
    const property = fc.property(fc.array(bytes), bytes, fc.nat(3), (fields, rest, indent) => {
      const head = ['200', fields];
      const json = Buffer.from(JSON.stringify(head, undefined, indent), 'utf8').toString('latin1');
      expect(parseReply(`${json}\n${rest}`)).to.deep.equal({ head, rest });
    });
    fc.assert(property, { numRuns: 300 });
  });
});
