import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { answer } from '../../bench/answer.js';
import { figuresIn } from '../../bench/figures.js';
import { QUESTIONS } from '../../bench/questions.js';
import { QUICK } from '../../bench/quick.js';

const canMeasure = process.platform === 'linux';

describe('the questions of bench/, asked for a moment', function () {
  this.timeout(60_000);

  for (const question of QUESTIONS) {
    it(`${question.name}: all take part, and nothing is missing in the table`, async function () {
      // What a process costs is read from /proc.
      if (!canMeasure) this.skip();
      const measurements: string[] = [];
      const found = await answer(question, QUICK, (_round, _of, contender) => measurements.push(contender));
      // A peer that is left out on a developer's machine is there in CI.
      if (process.env.CI) expect(found.missing).to.deep.equal([]);
      expect(found.contenders.map(({ name }) => name)).to.deep.equal(measurements);
      expect([...measurements, ...found.missing]).to.have.members(question.contenders.map(({ name }) => name));
      for (const { medians, name, ratio } of found.contenders) {
        expect(medians[question.judged], name).to.be.greaterThan(0);
        expect(ratio, name).to.be.greaterThan(0);
        for (const figure of figuresIn([medians])) expect(medians[figure], `${name} ${figure}`).to.be.finite;
      }
    });
  }

  it('every target is over one that takes part', () => {
    for (const { contenders, targets } of QUESTIONS) {
      const names = [undefined, ...contenders.map(({ name }) => name)];
      expect(names).to.include.members(targets.map(({ over }) => over));
      expect(targets).not.to.deep.equal([]);
    }
  });

  it('a name that is no question is refused, with those that are', () => {
    const args = ['dist/bench/main.js', 'round-tripz'];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(status).to.equal(1);
    expect(stderr).to.match(/no question round-tripz/);
  });
});
