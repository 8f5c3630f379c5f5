import { describe, it } from 'mocha';
import { explain, tryOut } from './search.js';

describe('simulation', () => {
  it('works', function () {
    this.timeout(0);
    if (process.env.SIM_SEED) {
      console.log(explain(Number(process.env.SIM_SEED)));
      return;
    }
    const from = Number(process.env.SIM_FROM ?? 1);
    const seeds = Number(process.env.SIM_SEEDS ?? 100);
    const found = new Map<string, number[]>();
    for (let seed = from; seed < from + seeds; seed++) {
      const error = tryOut(seed);
      if (error === undefined) continue;
      const m = error.message.replace(/[a-z]\d+\.*/g, '#');
      found.set(m, [...(found.get(m) ?? []), seed]);
    }
    for (const [m, s] of [...found].sort((a, b) => b[1].length - a[1].length))
      console.log(s.length, m, s.slice(0, 8).join(' '));
  });
});
