import { expect } from 'chai';
import { describe, it } from 'mocha';
import { passOn } from '../../../src/adapters/http/forwarding.js';
import { type GoodHead, judgeRequestHead } from '../../../src/adapters/http/head/request.js';
import { plainAddress, Trust } from '../../../src/adapters/http/trust.js';

/** What is added to a request from this peer, and whom it is taken to be from. */
function passed(peer: string, trusted: readonly string[], ...headers: string[]): object {
  const raw = { method: 'GET', url: '/', httpVersion: '1.1', rawHeaders: ['Host', 'a', ...headers] };
  const head = judgeRequestHead(raw, 100) as GoodHead;
  const origin = passOn(head, peer, new Trust(trusted));
  const added: Record<string, string> = {};
  for (let i = 2; i < head.headers.length; i += 2) added[head.headers[i] as string] = head.headers[i + 1] as string;
  return { ...origin, ...added };
}

const TOLD = ['X-Forwarded-For', '6.6.6.6', 'X-Forwarded-For', '9.9.9.9, 10.0.0.2', 'x-forwarded-PROTO', 'HTTPS'];
const MORE = ['X-Forwarded-Host', 'b:1', 'Forwarded', 'for=9.9.9.9', 'Forwarded', 'for=10.0.0.2'];

describe('http: whom a request is passed on for', () => {
  it('is told', () => {
    expect(passed('1.2.3.4', [])).to.deep.equal({
      address: '1.2.3.4',
      scheme: 'http',
      'X-Forwarded-For': '1.2.3.4',
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Host': 'a',
      Forwarded: 'for=1.2.3.4;host=a;proto=http',
    });
  });

  it('quotes what is no token', () => {
    expect(passed('2001:db8::1', ['loopback'])).to.include({ Forwarded: 'for="[2001:db8::1]";host=a;proto=http' });
  });

  it('over a unix socket nobody knows', () => {
    const added = passed('', []);
    expect(added).to.include({ address: '', Forwarded: 'for=unknown;host=a;proto=http' });
    expect(added).not.to.have.property('X-Forwarded-For');
  });

  it('does not believe who is not trusted', () => {
    expect(passed('1.2.3.4', ['10.0.0.0/8', 'unix'], ...TOLD, ...MORE)).to.deep.equal(passed('1.2.3.4', []));
  });

  it('believes who is trusted, and whom that trusts', () => {
    expect(passed('10.0.0.1', ['uniquelocal'], ...TOLD, ...MORE)).to.deep.equal({
      address: '9.9.9.9',
      scheme: 'https',
      'X-Forwarded-For': '6.6.6.6, 9.9.9.9, 10.0.0.2, 10.0.0.1',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'b:1',
      Forwarded: 'for=9.9.9.9, for=10.0.0.2, for=10.0.0.1;host="b:1";proto=https',
    });
  });

  it('passes over what makes no sense', () => {
    const odd = ['X-Forwarded-For', '9.9.9.9, who', 'X-Forwarded-Proto', 'gopher', 'X-Forwarded-Host', 'b, c'];
    expect(passed('', ['unix'], ...odd)).to.include({ address: '', scheme: 'http', 'X-Forwarded-Host': 'a' });
  });

  for (const [peers, peer, trusted] of [
    [['loopback'], '127.3.2.1', true],
    [['loopback'], '::1', true],
    [['loopback'], '128.0.0.1', false],
    [['10.1.2.3'], '10.1.2.3', true],
    [['10.1.2.3'], '10.1.2.4', false],
    [['10.1.2.0/31'], '10.1.2.1', true],
    [['2001:db8::/32'], '2001:db8:1::', true],
    [['0.0.0.0/0'], '::2', false],
    [['0.0.0.0/0'], '', false],
    [['unix'], '', true],
    [['unix'], '127.0.0.1', false],
    [['loopback'], 'nobody', false],
  ] as const) {
    it(`${peers} ${trusted ? 'holds' : 'does not hold'} ${peer}`, () => {
      expect(new Trust(peers).includes(peer)).to.equal(trusted);
    });
  }

  for (const peer of ['a', '1.2.3', '1.2.3.4/33', '::/129', '1.2.3.4/', '1.2.3.4/8/8', '1.2.3.4/-1', '']) {
    it(`${JSON.stringify(peer)} is nobody to trust`, () => {
      expect(() => new Trust([peer])).to.throw(RangeError, peer);
    });
  }

  it('an IPv4 address is one, whatever the socket', () => {
    expect(plainAddress('::ffff:1.2.3.4')).to.equal('1.2.3.4');
    expect(plainAddress('::ffff:1:2')).to.equal('::ffff:1:2');
    expect(plainAddress(undefined)).to.equal('');
  });
});
