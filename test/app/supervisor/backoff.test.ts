import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Backoff } from '../../../src/app/supervisor/backoff.js';

function pauses(backoff: Backoff, count: number): number[] {
  return Array.from({ length: count }, () => backoff.next());
}

describe('the pauses between tries', () => {
  it('double, up to ten seconds', () => {
    const longest = 1 - Number.EPSILON;
    expect(pauses(new Backoff(() => longest), 9)).to.deep.equal([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  });

  it('are never less than half of that', () => {
    expect(pauses(new Backoff(() => 0), 3)).to.deep.equal([50, 100, 200]);
  });

  it('stay finite, however often', () => {
    const backoff = new Backoff(() => 0);
    pauses(backoff, 5000);
    expect(backoff.next()).to.equal(5000);
  });

  it('begin anew after a reset', () => {
    const backoff = new Backoff(() => 0);
    pauses(backoff, 5);
    backoff.reset();
    expect(backoff.next()).to.equal(50);
  });
});
