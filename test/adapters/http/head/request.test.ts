import { expect } from 'chai';
import { describe, it } from 'mocha';
import { judgeRequestHead, type RawHead } from '../../../../src/adapters/http/head/request.js';
import { Problem } from '../../../../src/adapters/http/problem.js';

const HOST = ['Host', 'a'];
const GET: RawHead = { method: 'GET', url: '/', httpVersion: '1.1', rawHeaders: HOST };

/** What is judged wrong, with its status, or what is passed on. */
function judged(changes: Partial<RawHead>): string | readonly string[] {
  const head = judgeRequestHead({ ...GET, ...changes }, 100);
  return head instanceof Problem ? `${head.status} ${head.text}` : head.headers;
}

function headersOf(...more: string[]): string | readonly string[] {
  return judged({ rawHeaders: [...HOST, ...more] });
}

/** What node:http lets through; what it refuses by itself is in test/fixtures/http-raw. */
const BAD: readonly (readonly [wrong: string, changes: Partial<RawHead>])[] = [
  ['505 HTTP/1.1 and HTTP/1.0 are spoken here', { httpVersion: '2.0' }],
  ['505 HTTP/1.1 and HTTP/1.0 are spoken here', { httpVersion: '0.9', rawHeaders: [] }],
  ['501 TRACE is not possible here', { method: 'TRACE' }],
  ['501 CONNECT is not possible here', { method: 'CONNECT', url: 'a:80' }],
  ['400 HTTP/1.1 wants a Host', { rawHeaders: [] }],
  ['400 more than one Host', { rawHeaders: [...HOST, 'host', 'a'] }],
  ['400 Host is not a host', { rawHeaders: ['Host', ''] }],
  ['400 Host is not a host', { rawHeaders: ['Host', 'a b'] }],
  ['400 Host is not a host', { rawHeaders: ['Host', 'a,b'] }],
  ['400 Host is not a host', { rawHeaders: ['Host', 'a@b'] }],
  ['400 Host is not a host', { rawHeaders: ['Host', 'a/b'] }],
  ['400 Host is not a host', { rawHeaders: ['Host', 'a:b'] }],
  ['400 Host is not a host', { rawHeaders: ['Host', 'a:1:2'] }],
  ['400 Host is not a host', { rawHeaders: ['Host', '\xa0a'] }],
  ['400 Host is not a host', { rawHeaders: ['Host', 'a%zz'] }],
  ['400 the target and Host name different hosts', { url: 'http://b/' }],
  ['400 the target and Host name different hosts', { url: 'http://a:81/' }],
  ['400 the target is no path and no http URL', { url: 'ftp://a/' }],
  ['400 the target is no path and no http URL', { url: 'http://' }],
  ['400 the target is no path and no http URL', { url: 'http://me@a/' }],
  ['400 a target has no #', { url: '/#b' }],
  ['400 a target has no #', { url: 'http://a/#b' }],
  ['400 the target * is for OPTIONS', { url: '*' }],
  [
    '501 no Transfer-Encoding but chunked is understood here',
    { rawHeaders: [...HOST, 'TE', '', 'Transfer-Encoding', 'gzip, chunked'] },
  ],
  [
    '501 no Transfer-Encoding but chunked is understood here',
    { rawHeaders: [...HOST, 'Transfer-Encoding', 'gzip', 'Transfer-Encoding', 'Chunked'] },
  ],
  ['400 Transfer-Encoding must end with chunked, once', { rawHeaders: [...HOST, 'Transfer-Encoding', ''] }],
  ['400 Transfer-Encoding must end with chunked, once', { rawHeaders: [...HOST, 'Transfer-Encoding', '\xa0chunked'] }],
  [
    '400 Transfer-Encoding must end with chunked, once',
    { rawHeaders: [...HOST, 'Transfer-Encoding', 'chunked, chunked'] },
  ],
  [
    '400 Transfer-Encoding must end with chunked, once',
    { rawHeaders: [...HOST, 'Transfer-Encoding', 'chunked, gzip'] },
  ],
  ['400 Transfer-Encoding must end with chunked, once', { rawHeaders: [...HOST, 'Transfer-Encoding', 'chunked;a=b'] }],
  ['400 HTTP/1.0 knows no Transfer-Encoding', { httpVersion: '1.0', rawHeaders: ['Transfer-Encoding', 'chunked'] }],
  [
    '400 Content-Length together with Transfer-Encoding',
    { rawHeaders: [...HOST, 'Content-Length', '1', 'Transfer-Encoding', ''] },
  ],
  ['400 more than one Content-Length', { rawHeaders: [...HOST, 'Content-Length', '1', 'Content-Length', '1'] }],
  ['400 Content-Length is not a number of bytes', { rawHeaders: [...HOST, 'Content-Length', '+1'] }],
  ['400 Content-Length is not a number of bytes', { rawHeaders: [...HOST, 'Content-Length', '9'.repeat(16)] }],
  ['431 a request may have at most 100 headers', { rawHeaders: Array.from({ length: 202 }, () => 'a') }],
];

describe('http: the head of a request', () => {
  for (const [wrong, changes] of BAD) {
    it(`${JSON.stringify(changes).slice(0, 80)}: ${wrong}`, () => expect(judged(changes)).to.equal(wrong));
  }

  it('keeps order, spelling and repetition', () => {
    expect(headersOf('x-B', '1', 'X-b', '2', 'Cookie', 'a')).to.deep.equal([
      'Host',
      'a',
      'x-B',
      '1',
      'X-b',
      '2',
      'Cookie',
      'a',
    ]);
  });

  it('leaves out what is about the connection, and what Connection names', () => {
    const connection = [
      'Connection',
      'close, X-Mine ,\tx-other',
      'keep-alive',
      '5',
      'Upgrade',
      'h2c',
      'TE',
      'trailers',
    ];
    const others = ['Trailer', 'X', 'Proxy-Connection', 'close', 'transfer-ENCODING', 'chunked'];
    expect(headersOf('X-Mine', '1', ...connection, ...others, 'X-Other', '2', 'X-Kept', '3')).to.deep.equal([
      ...HOST,
      'X-Kept',
      '3',
    ]);
  });

  it('Connection can not take Host and Content-Length away', () => {
    expect(headersOf('Connection', 'host, content-length', 'Content-Length', '5')).to.deep.equal([
      ...HOST,
      'Content-Length',
      '5',
    ]);
  });

  it('leaves out names that could be taken for others in an environment, and Proxy', () => {
    const odd = [
      'X_A',
      '1',
      'Content_Length',
      '9',
      'X.A',
      '2',
      'X!',
      '3',
      'X~',
      '4',
      'Proxy',
      'http://b',
      'Expect',
      'x',
    ];
    expect(headersOf(...odd, 'X-A', '5')).to.deep.equal([...HOST, 'X-A', '5']);
  });

  for (const [url, method, expected, authority] of [
    ['/a?b#'.slice(0, 4), 'GET', '/a?b', 'a'],
    ['//b/c', 'GET', '//b/c', 'a'],
    ['*', 'OPTIONS', '*', 'a'],
    ['http://a', 'GET', '/', 'a'],
    ['http://A:80?x', 'GET', '/?x', 'a'],
    ['HTTP://a/b/c?d', 'GET', '/b/c?d', 'a'],
    ['http://a', 'OPTIONS', '*', 'a'],
  ] as const) {
    it(`${method} ${url} is ${expected}`, () => {
      expect(judgeRequestHead({ ...GET, url, method }, 100)).to.deep.include({ url: expected, authority, host: 'a' });
    });
  }

  for (const [authority, host] of [
    ['A.Example:8080', 'a.example'],
    ['[::1]:80', '[::1]'],
    ['[::1]', '[::1]'],
    ['a_b.c', 'a_b.c'],
    ['a:', 'a'],
  ] as const) {
    it(`Host: ${authority}`, () => {
      expect(judgeRequestHead({ ...GET, rawHeaders: ['Host', authority] }, 100)).to.deep.include({ authority, host });
    });
  }

  it('HTTP/1.0 needs no Host', () => {
    expect(judgeRequestHead({ ...GET, httpVersion: '1.0', rawHeaders: [] }, 100)).to.deep.include({
      authority: '',
      host: '',
    });
    expect(judgeRequestHead({ ...GET, url: 'http://b/', httpVersion: '1.0', rawHeaders: [] }, 100)).to.deep.include({
      host: 'b',
    });
  });

  it('knows how long the body is', () => {
    expect(judgeRequestHead(GET, 100)).to.deep.include({ length: 0 });
    expect(judgeRequestHead({ ...GET, rawHeaders: [...HOST, 'Content-Length', '05 '] }, 100)).to.deep.include({
      length: 5,
    });
    expect(judgeRequestHead({ ...GET, rawHeaders: [...HOST, 'Transfer-Encoding', ' Chunked\t'] }, 100)).to.deep.include(
      {
        length: undefined,
      },
    );
  });
});
