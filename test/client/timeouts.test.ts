import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { Timeouts } from '../../src/client/timeouts.js';
import { ManualClock } from '../support/clock.js';

describe('client timeouts', () => {
  let clock: ManualClock;
  let passed: number[];
  let timeouts: Timeouts<{ due: number }>;

  beforeEach(() => {
    clock = new ManualClock(0);
    passed = [];
    timeouts = new Timeouts(clock, ({ due }) => passed.push(due));
  });

  it('pass in their order, never early, and 20 ms late at most', () => {
    for (const due of [500, 30, 10, 15, 1_000_000, Number.POSITIVE_INFINITY]) timeouts.add({ due });
    clock.advance(9);
    expect(passed).to.deep.equal([]);
    clock.advance(21);
    expect(passed).to.deep.equal([10, 15]);
    clock.advance(10);
    expect(passed).to.deep.equal([10, 15, 30]);
    clock.advance(2_000_000);
    expect(passed).to.deep.equal([10, 15, 30, 500, 1_000_000]);
    expect(clock.next).to.equal(Number.POSITIVE_INFINITY);
  });

  it('do not pass when they are removed', () => {
    const [one, other] = [{ due: 100 }, { due: 101 }];
    timeouts.add(one);
    timeouts.add(other);
    timeouts.remove(one);
    timeouts.remove(one);
    clock.advance(200);
    expect(passed).to.deep.equal([101]);
    timeouts.add(one);
    timeouts.remove(one);
    expect(clock.next).to.equal(Number.POSITIVE_INFINITY);
  });

  it('can be added from within one that passes', () => {
    const again = new Timeouts<{ due: number }>(clock, (item) => {
      passed.push(item.due);
      item.due += 100;
      if (item.due < 400) again.add(item);
    });
    again.add({ due: 100 });
    clock.advance(1000);
    expect(passed).to.deep.equal([100, 200, 300]);
  });

  it('can be far apart, however many there are', () => {
    for (let due = 20; due <= 4_000_000; due += 20) timeouts.add({ due });
    clock.advance(20);
    expect(passed).to.deep.equal([20]);
    expect(clock.next).to.equal(40);
    timeouts.clear();
  });

  it('are gone after clear', () => {
    timeouts.add({ due: 100 });
    timeouts.clear();
    clock.advance(200);
    expect(passed).to.deep.equal([]);
  });
});
