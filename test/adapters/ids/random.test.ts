import { expect } from 'chai';
import { describe, it } from 'mocha';
import { RandomIds } from '../../../src/adapters/ids/random.js';

describe('RandomIds', () => {
  it('makes names of 22 characters behind what they are to begin with, none twice, over many pools of random bytes', () => {
    const ids = new RandomIds();
    const seen = new Set<string>();
    for (let i = 0; i < 5000; i++) {
      for (const prefix of ['', 'reply:']) {
        const name = ids.unguessable(prefix);
        expect(name.slice(0, -22)).to.equal(prefix);
        expect(name.slice(-22)).to.match(/^[A-Za-z0-9_-]{22}$/);
        seen.add(name.slice(-22));
      }
    }
    expect(seen.size).to.equal(10_000);
  });

  it('shares nothing between two instances', () => {
    const [a, b] = [new RandomIds(), new RandomIds()];
    expect(a.unguessable('')).not.to.equal(b.unguessable(''));
  });
});
