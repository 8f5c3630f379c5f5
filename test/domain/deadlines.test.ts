import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Deadlines, RESOLUTION, type Timed } from '../../src/domain/deadlines.js';

class Item implements Timed {
  slot = -1;

  constructor(readonly due: number) {}
}

/** All that have passed at `now`. */
function passed(deadlines: Deadlines<Item>, now: number): Item[] {
  const items: Item[] = [];
  for (let item = deadlines.passed(now); item !== undefined; item = deadlines.passed(now)) items.push(item);
  return items;
}

describe('Deadlines', () => {
  it('is never early, at most its resolution late, and forgets nothing', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), value: fc.nat(300) }),
      fc.record({ kind: fc.constant('remove' as const), value: fc.nat(50) }),
      fc.record({ kind: fc.constant('advance' as const), value: fc.nat(100) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const deadlines = new Deadlines<Item>();
        let model: Item[] = [];
        let now = 1000;
        for (const { kind, value } of steps) {
          if (kind === 'add') {
            const item = new Item(now + value);
            deadlines.add(item);
            model.push(item);
          } else if (kind === 'remove' && model.length > 0) {
            const [item] = model.splice(value % model.length, 1) as [Item];
            deadlines.remove(item);
          } else {
            now += value;
            for (const item of passed(deadlines, now)) {
              expect(item.due).to.be.at.most(now);
              expect(model).to.include(item);
              model = model.filter((other) => other !== item);
            }
            for (const { due } of model) expect(due).to.be.above(now - RESOLUTION);
          }
          const first = Math.min(...model.map(({ due }) => due));
          if (model.length > 0) expect(deadlines.next).to.be.below(first + RESOLUTION);
        }
        for (const item of passed(deadlines, Number.MAX_SAFE_INTEGER)) expect(model).to.include(item);
        expect(deadlines.next).to.equal(Number.POSITIVE_INFINITY);
      }),
    );
  });

  it('hands out each item once, also those of one span', () => {
    const deadlines = new Deadlines<Item>();
    const items = [41, 42, 43, 59, 60].map((due) => new Item(due));
    for (const item of items) deadlines.add(item);
    deadlines.remove(items[1] as Item);
    expect(passed(deadlines, 59)).to.deep.equal([]);
    expect(passed(deadlines, 60)).to.have.members([items[0], items[2], items[3], items[4]]);
    expect(passed(deadlines, 10_000)).to.deep.equal([]);
  });

  it('does not keep what never comes', () => {
    const deadlines = new Deadlines<Item>();
    const never = new Item(Number.POSITIVE_INFINITY);
    deadlines.add(never);
    expect(deadlines.next).to.equal(Number.POSITIVE_INFINITY);
    deadlines.remove(never);
    expect(passed(deadlines, Number.MAX_SAFE_INTEGER)).to.deep.equal([]);
  });

  it('can add an item again after it was removed', () => {
    const deadlines = new Deadlines<Item>();
    const item = new Item(100);
    deadlines.add(item);
    deadlines.remove(item);
    deadlines.remove(item);
    deadlines.add(item);
    expect(passed(deadlines, 100)).to.deep.equal([item]);
  });
});
