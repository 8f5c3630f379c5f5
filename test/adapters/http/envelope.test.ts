import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { envelope1, envelope2, type RequestHead } from '../../../src/adapters/http/envelope.js';
import { ROOT } from '../../support/root.js';

const HEAD: RequestHead = {
  method: 'POST',
  url: '/a?b="c"',
  protocol: 'HTTP/1.1',
  headers: ['host', 'example.org', 'X-tag', 'a', 'content-LENGTH', '5', 'x-Tag', 'caf\xe9\\'],
  scheme: 'http',
  remoteAddr: '10.0.0.1',
  bodyAddr: 'BODY',
  cancelAddr: 'CANCEL',
};

const bytes = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)) });

describe('http: the envelopes', () => {
  it('1, to the byte: canonical names, repeated ones joined', () => {
    expect(envelope1(HEAD)).to.equal(
      '{"method":"POST","url":"/a?b=\\"c\\"","protocol":"HTTP/1.1",' +
        '"headers":{"Host":"example.org","X-Tag":"a,caf\\u00e9\\\\","Content-Length":"5"},"bodyAddr":"BODY"}',
    );
  });

  it('1, without headers', () => {
    expect(envelope1({ ...HEAD, url: '/', headers: [] })).to.equal(
      '{"method":"POST","url":"/","protocol":"HTTP/1.1","headers":{},"bodyAddr":"BODY"}',
    );
  });

  it('1: a header may be called as what every object has', () => {
    expect(envelope1({ ...HEAD, url: '/', headers: ['__proto__', 'x', 'constructor', 'y'] })).to.equal(
      '{"method":"POST","url":"/","protocol":"HTTP/1.1","headers":{"__proto__":"x","Constructor":"y"},"bodyAddr":"BODY"}',
    );
  });

  it('2, to the byte: order and spelling received, then the body', () => {
    expect(envelope2({ ...HEAD, bodyAddr: undefined }, 'b\no\xffdy')).to.equal(
      '{"v":2,"method":"POST","url":"/a?b=\\"c\\"","protocol":"HTTP/1.1",' +
        '"headers":["host","example.org","X-tag","a","content-LENGTH","5","x-Tag","caf\\u00e9\\\\"],' +
        '"scheme":"http","remoteAddr":"10.0.0.1","cancelAddr":"CANCEL"}\nb\no\xffdy',
    );
  });

  it('2, with the body elsewhere', () => {
    expect(envelope2({ ...HEAD, url: '/', headers: [] }, '')).to.equal(
      '{"v":2,"method":"POST","url":"/","protocol":"HTTP/1.1","headers":[],' +
        '"scheme":"http","remoteAddr":"10.0.0.1","cancelAddr":"CANCEL","bodyAddr":"BODY"}\n',
    );
  });

  it('are in docs/http.md as they are', () => {
    const document = readFileSync(join(ROOT, 'docs/http.md'), 'utf8');
    const head = {
      ...HEAD,
      url: '/a?b=c',
      bodyAddr: 'reply:kQ7vuD5AJw0bTnVbq0m3xZ',
      cancelAddr: 'reply:Jw0bTnVbq0m3xZkQ7vuD5A',
    };
    const headers = ['Host', 'example.org', 'content-length', '5'];
    expect(document).to.include(`    ${envelope1({ ...head, headers })}\n`);
    const two = envelope2({ ...head, headers, bodyAddr: undefined }, 'hello');
    expect(document).to.include(`    ${two.replace('\n', '\n    ')}\n`);
  });

  it('whatever the bytes, the JSON is printable ASCII on one line and says the same', () => {
    const property = fc.property(fc.array(bytes), bytes, bytes, (headers, url, body) => {
      const text = envelope2({ ...HEAD, url, headers }, body);
      const [line = ''] = text.split('\n', 1);
      expect(line).to.match(/^[ -~]*$/);
      expect(JSON.parse(line)).to.deep.include({ url, headers });
      expect(text.slice(line.length + 1)).to.equal(body);
      expect(envelope1({ ...HEAD, url, headers: [] })).to.match(/^[ -~]*$/);
    });
    fc.assert(property, { numRuns: 300 });
  });
});
