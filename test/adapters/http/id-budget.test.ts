import { expect } from 'chai';
import { describe, it } from 'mocha';
import { IdBudget } from '../../../src/adapters/http/id-budget.js';

/** How many of so many requests at one moment get an id. */
function taken(budget: IdBudget, now: number, requests: number): number {
  let count = 0;
  for (let i = 0; i < requests; i++) if (budget.take(now)) count++;
  return count;
}

describe('http: which requests get an id', () => {
  it('while no reply comes: as many as there may be, and as many again in five minutes', () => {
    const budget = new IdBudget(3000);
    expect(taken(budget, 1_000_000, 5000)).to.equal(3000);
    expect(taken(budget, 1_001_000, 5000)).to.equal(10);
    expect(taken(budget, 1_301_000, 5000)).to.equal(3000);
  });

  it('while replies come soon: a thousand, and then twenty a second', () => {
    const budget = new IdBudget(100_000);
    budget.replied(1_000_000, 5);
    expect(taken(budget, 1_000_000, 5000)).to.equal(1000);
    budget.replied(1_001_000, 5);
    expect(taken(budget, 1_001_000, 5000)).to.equal(20);
  });

  it('where requests wait long for their replies, the large stock serves', () => {
    const budget = new IdBudget(3000);
    budget.replied(1_000_000, 1001);
    expect(taken(budget, 1_000_000, 5000)).to.equal(3000);
    budget.replied(1_000_000, 1000);
    expect(taken(budget, 1_000_000, 5000)).to.equal(1000);
  });
});
