import { expect } from 'chai';
import { describe, it } from 'mocha';
import { FAULTS, SOUND } from './sabotage.js';
import { explain, search } from './search.js';

/** One seed, to look at: what is printed are the steps that matter. */
const SEED = process.env.SIM_SEED;
const FROM = Number(process.env.SIM_FROM ?? 1);
const SEEDS = Number(process.env.SIM_SEEDS ?? 10_000);
/** Seeds within which a fault has to be found. */
const ENOUGH = 1000;

describe('simulation', function () {
  this.timeout(0);

  if (SEED !== undefined) {
    it(`seed ${SEED}`, () => {
      const explanation = explain(Number(SEED));
      console.log(explanation);
      expect(explanation).to.match(/nothing went wrong$/);
    });
    return;
  }

  it(`the domain keeps every promise, whatever crashes (${SEEDS} seeds from ${FROM})`, () => {
    const found = search(FROM, SEEDS);
    if (found !== undefined) throw new Error(explain(found.seed));
  });

  it('finds nothing where nothing is wrong', () => {
    expect(search(1, ENOUGH, SOUND)).to.equal(undefined);
  });

  for (const [fault, make] of Object.entries(FAULTS)) {
    it(`finds out when ${fault}`, () => {
      const found = search(1, ENOUGH, make);
      expect(found?.seed, `within ${ENOUGH} seeds`).to.be.a('number');
    });
  }
});
