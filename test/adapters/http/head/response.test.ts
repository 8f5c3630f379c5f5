import { expect } from 'chai';
import { describe, it } from 'mocha';
import { judgeResponseHead } from '../../../../src/adapters/http/head/response.js';

const A_LIST = 'expected a list of names and values in turn';
const AN_ARRAY = 'expected a JSON array of a status and a list of headers';

/** Each with the reason it is refused for. */
const BAD: readonly (readonly [head: unknown, wrong: string])[] = [
  ['text', AN_ARRAY],
  [null, AN_ARRAY],
  [{ status: 200 }, AN_ARRAY],
  [[], AN_ARRAY],
  [['200'], AN_ARRAY],
  [['200', [], ''], AN_ARRAY],
  ...[
    ['100', '"100"'],
    ['101', '"101"'],
    [199, '199'],
    ['600', '"600"'],
    [999, '999'],
    ['', '""'],
    ['20', '"20"'],
  ].map(([status, shown]): [unknown, string] => [[status, []], `expected a status from 200 to 599, not ${shown}`]),
  [['2000', []], 'expected a status from 200 to 599, not "2000"'],
  [[' 200', []], 'expected a status from 200 to 599, not " 200"'],
  [['200\r\nX: y', []], 'expected a status from 200 to 599, not "200\\r\\nX: y"'],
  [['200 OK\r\nX: y', []], 'expected a status from 200 to 599, not "200 OK\\r\\nX: y"'],
  [['200 OK\n', []], 'expected a status from 200 to 599, not "200 OK\\n"'],
  [[200.5, []], 'expected a status from 200 to 599, not 200.5'],
  [[null, []], 'expected a status from 200 to 599, not null'],
  [[[200], []], 'expected a status from 200 to 599, not [200]'],
  [['200', {}], A_LIST],
  [['200', 'X: y'], A_LIST],
  [['200', null], A_LIST],
  [['200', ['X']], A_LIST],
  [['200', ['', 'y']], '"" is not a header\'s name'],
  [['200', ['X Y', 'y']], '"X Y" is not a header\'s name'],
  [['200', ['X:', 'y']], '"X:" is not a header\'s name'],
  [['200', ['X\r\nY', 'y']], '"X\\r\\nY" is not a header\'s name'],
  [['200', ['X\n', 'y']], '"X\\n" is not a header\'s name'],
  [['200', ['X\u00e9', 'y']], '"X\u00e9" is not a header\'s name'],
  [['200', [1, 'y']], "1 is not a header's name"],
  [['200', ['X', 'a\r\nY: b']], '"a\\r\\nY: b" is not a value for X'],
  [['200', ['X', 'a\n']], '"a\\n" is not a value for X'],
  [['200', ['X', 'a\0']], '"a\\u0000" is not a value for X'],
  [['200', ['X', 'a\x7f']], '"a\x7f" is not a value for X'],
  [['200', ['X', '\u0100']], '"\u0100" is not a value for X'],
  [['200', ['X', null]], 'null is not a value for X'],
  [['200', ['X', ['a']]], '["a"] is not a value for X'],
  [['200', ['X', 1.5]], '1.5 is not a value for X'],
  [['200', ['Content-Length', 'abc']], '"abc" is not a value for Content-Length'],
  [['200', ['Content-Length', '-1']], '"-1" is not a value for Content-Length'],
  [['200', ['Content-Length', '+1']], '"+1" is not a value for Content-Length'],
  [['200', ['Content-Length', '1, 1']], '"1, 1" is not a value for Content-Length'],
  [['200', ['Content-Length', '']], '"" is not a value for Content-Length'],
  [['200', ['Content-Length', '\xa01']], '"\xa01" is not a value for Content-Length'],
  [['200', ['Content-Length', '9'.repeat(16)]], `"${'9'.repeat(16)}" is not a value for Content-Length`],
  [['200', ['Content-Length', '1', 'content-length', '2']], 'more than one Content-Length'],
  [['200', ['Content-Length', '1', 'Content-Length', '1']], 'more than one Content-Length'],
  [['200', ['Content-Length', '1', 'Transfer-Encoding', 'chunked']], 'Content-Length together with Transfer-Encoding'],
  [['204', ['Content-Length', '1']], 'a body with status 204'],
  [['205', ['Content-Length', '1']], 'a body with status 205'],
];

/** What is left of the headers. */
function headersOf(status: string, fields: unknown[]): unknown {
  const head = judgeResponseHead([status, fields]);
  return 'wrong' in head ? head.wrong : head.headers;
}

describe('http: the head of a response', () => {
  for (const [head, wrong] of BAD) {
    it(`refuses ${JSON.stringify(head).slice(0, 60)}`, () => {
      expect(judgeResponseHead(head)).to.deep.equal({ wrong });
    });
  }

  it('keeps order, spelling and repetition', () => {
    const fields = ['Set-Cookie', 'a=1', 'x-LOWER', '', 'Set-Cookie', 'b=2; Path=/', 'X', 'caf\xe9'];
    expect(judgeResponseHead(['200', fields])).to.deep.equal({
      status: 200,
      reason: undefined,
      headers: fields,
      length: undefined,
      bodiless: false,
    });
  });

  it('takes a reason, and numbers in place of strings', () => {
    expect(judgeResponseHead(['404 Not Here', ['Content-Length', 0]])).to.deep.include({
      status: 404,
      reason: 'Not Here',
      headers: ['Content-Length', '0'],
      length: 0,
    });
    expect(judgeResponseHead([599, []])).to.deep.include({ status: 599, reason: undefined });
  });

  it('takes blanks off the ends of a value, and only those', () => {
    expect(headersOf('200', ['X', ' \ta b\t '])).to.deep.equal(['X', 'a b']);
    expect(headersOf('200', ['X', '\xa0a\x85'])).to.deep.equal(['X', '\xa0a\x85']);
    expect(headersOf('200', ['X', ' \t '])).to.deep.equal(['X', '']);
  });

  it('a long run of blanks within a value costs no more than its length', () => {
    const value = `a${' '.repeat(60_000)}b`;
    expect(headersOf('200', ['X', value])).to.deep.equal(['X', value]);
  });

  it('leaves out what is about a connection, and what Connection names', () => {
    const connection = ['Connection', 'close, X-Mine ,\tx-other', 'Keep-Alive', 'timeout=5', 'Upgrade', 'h2c'];
    const others = ['TE', 'trailers', 'Trailer', 'X', 'Proxy-Connection', 'close', 'transfer-ENCODING', 'chunked'];
    const fields = ['X-Mine', '1', ...connection, ...others, 'X-Other', '2', 'X-Kept', '3'];
    expect(headersOf('200', fields)).to.deep.equal(['X-Kept', '3']);
  });

  it('Connection can not take Content-Length away', () => {
    const fields = ['Connection', 'content-length', 'Content-Length', '5'];
    expect(judgeResponseHead(['200', fields])).to.deep.include({ headers: ['Content-Length', '5'], length: 5 });
  });

  it('knows which statuses have no body, and what Content-Length may say there', () => {
    expect(judgeResponseHead(['204', ['Content-Length', '0']])).to.deep.include({ bodiless: true, headers: [] });
    expect(judgeResponseHead(['205', []])).to.deep.include({ bodiless: true, headers: ['Content-Length', '0'] });
    expect(judgeResponseHead(['304', ['Content-Length', '7']])).to.deep.include({
      bodiless: true,
      headers: ['Content-Length', '7'],
    });
  });
});
