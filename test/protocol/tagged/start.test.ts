import { expect } from 'chai';
import { describe, it } from 'mocha';
import { isTaggedStart } from '../../../src/protocol/tagged/start.js';

const start = (text: string) => isTaggedStart(Buffer.from(text, 'latin1'));

describe('isTaggedStart', () => {
  for (const text of [
    '!! t\r\n',
    '>> t 1 1 a -',
    '<<',
    '.. t',
    '++ @d',
    '-- @d',
    '~~ @d 1',
    '== t stats',
    '**',
    '>>>',
    '>>x',
  ]) {
    it(`says yes to ${text.trim()}`, () => {
      expect(start(text)).to.equal(true);
      expect(start(` \t\r\n\n${text}`), 'behind blanks').to.equal(true);
    });
  }

  for (const text of [
    '> 5 60 a',
    '< 1 a',
    '? 1 1 a',
    '??',
    '.\r\n',
    '.\n',
    '. \n',
    '. .',
    '> >',
    '*\n',
    'x',
    'xx',
    '##',
    '\0\0',
    'GET / HTTP/1.1',
  ]) {
    it(`says no to ${JSON.stringify(text)}`, () => {
      expect(start(text)).to.equal(false);
      expect(start(`\r\n${text}`), 'behind blanks').to.equal(false);
    });
  }

  for (const text of ['', ' ', '\r\n\t \n', '>', '.', '!', '\r\n~']) {
    it(`can't tell of ${JSON.stringify(text)}`, () => {
      expect(start(text)).to.equal(undefined);
    });
  }

  it('looks no further than it is told', () => {
    const data = Buffer.from('>> t');
    expect(isTaggedStart(data, 0)).to.equal(undefined);
    expect(isTaggedStart(data, 1)).to.equal(undefined);
    expect(isTaggedStart(data, 2)).to.equal(true);
  });
});
