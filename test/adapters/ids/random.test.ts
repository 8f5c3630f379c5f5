import { expect } from 'chai';
import { describe, it } from 'mocha';
import { RandomIds } from '../../../src/adapters/ids/random.js';

describe('RandomIds', () => {
  it('makes names of 22 characters, none twice, over many pools of random bytes', () => {
    const ids = new RandomIds();
    const seen = new Set<string>();
    for (let i = 0; i < 5000; i++) {
      const id = ids.unguessable();
      expect(id).to.match(/^[A-Za-z0-9_-]{22}$/);
      seen.add(id);
    }
    expect(seen.size).to.equal(5000);
  });

  it('shares nothing between two instances', () => {
    const [a, b] = [new RandomIds(), new RandomIds()];
    expect(a.unguessable()).not.to.equal(b.unguessable());
  });
});
