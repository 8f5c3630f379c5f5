import { expect } from 'chai';
import { describe, it } from 'mocha';
import { judgeRequestHead } from '../../../../src/adapters/http/head/request.js';
import { PlainReader } from '../../../../src/adapters/http/plain/reader.js';

const HEAD = 'GET /a HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n';

/** A reader, and how often it had to have headers judged. */
function reading() {
  const judged = { times: 0 };
  const reader = new PlainReader(
    {
      read: (head) => {
        judged.times++;
        return judgeRequestHead(head, 100);
      },
      pass: (_head, address) => ({ origin: { address, scheme: 'http' }, members: undefined }),
    },
    '10.0.0.1',
    4096,
  );
  return { reader, judged };
}

/** With something else in the place of `X: y`. */
function withField(line: string): string {
  return HEAD.replace('X: y', line);
}

describe('http: the reader of plain requests', () => {
  it('reads one behind the other', () => {
    const { reader } = reading();
    const post = 'POST /b?c HTTP/1.1\r\nHost: a\r\nConnection: Close\r\nContent-Length: 3\r\n\r\na\xff\n';
    const first = reader.read(HEAD + post, 0);
    expect(first).to.deep.include({ body: '', last: false, end: HEAD.length });
    expect(first?.head).to.deep.include({ method: 'GET', url: '/a', version: '1.1', host: 'a', length: 0 });
    expect(first?.passed.origin.address).to.equal('10.0.0.1');
    const second = reader.read(HEAD + post, HEAD.length);
    expect(second).to.deep.include({ body: 'a\xff\n', last: true, end: HEAD.length + post.length });
    expect(second?.head.headers).to.deep.equal(['Host', 'a', 'Content-Length', '3']);
  });

  it('has the same headers judged once, whatever is asked for', () => {
    const { reader, judged } = reading();
    const first = reader.read(HEAD, 0);
    const second = reader.read(HEAD.replace('GET /a', 'PUT /b'), 0);
    expect(second?.head).to.deep.include({ method: 'PUT', url: '/b' });
    expect(second?.passed).to.equal(first?.passed);
    expect(judged.times).to.equal(1);
    expect(reader.read(withField('X: z'), 0)?.head.headers).to.deep.equal(['Host', 'a', 'X', 'z']);
    expect(judged.times).to.equal(2);
  });

  it('does not keep long ones', () => {
    const { reader, judged } = reading();
    for (let i = 0; i < 2; i++) expect(reader.read(withField(`X: ${'y'.repeat(3000)}`), 0)).not.to.equal(undefined);
    expect(judged.times).to.equal(2);
  });

  for (const text of [
    HEAD.slice(0, -1),
    `\r\n${HEAD}`,
    HEAD.replace('GET', 'TRACE'),
    HEAD.replace('HTTP/1.1', 'HTTP/1.0'),
    HEAD.replace('/a', 'http://a/'),
    HEAD.replace('/a', '/a#b'),
    HEAD.replace('Host: a', 'Host: a b'),
    withField(`X: ${'y'.repeat(5000)}`),
    ...['X:\ty', 'X: y\t', ' X: y', 'X : y', 'X', 'Host: a', 'X: a\nb', 'Expect: a', 'Upgrade: a'].map(withField),
    ...['Transfer-Encoding: chunked', 'Proxy-Connection: close', 'Connection: X', 'Connection: close, X'].map(
      withField,
    ),
    ...['Connection: close\r\nConnection: close', 'Content-Length: +0', 'Content-Length: 1'].map(withField),
    `${withField('Content-Length: 1')}ab`,
    `${withField('Content-Length: 70000')}${'a'.repeat(70_000)}`,
  ]) {
    it(`leaves ${JSON.stringify(text).slice(0, 80)}`, () => {
      expect(reading().reader.read(text, 0)).to.equal(undefined);
    });
  }

  it('knows what may become plain', () => {
    const { reader } = reading();
    const first = HEAD.indexOf('\r\n') + 2;
    for (let at = 1; at <= HEAD.length; at++) {
      expect(reader.begins(HEAD.slice(0, at)), `${at} characters`).to.equal(at >= first && at < HEAD.length);
    }
    expect(reader.begins(HEAD.replace('1.1', '1.0').slice(0, -1))).to.equal(false);
    expect(reader.begins(withField(`X: ${'y'.repeat(5000)}`).slice(0, -1))).to.equal(false);
  });
});
