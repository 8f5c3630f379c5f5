import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { type Linked, List } from '../../src/domain/list.js';

class Item implements Linked<Item> {
  before: Item | undefined = undefined;
  after: Item | undefined = undefined;
}

describe('List', () => {
  it('agrees with an array, forwards and backwards, whatever is added and removed', () => {
    const step = fc.record({ add: fc.boolean(), at: fc.nat(50) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const list = new List<Item>();
        const model: Item[] = [];
        for (const { add, at } of steps) {
          if (add || model.length === 0) {
            const item = new Item();
            list.add(item);
            model.push(item);
          } else {
            const [item] = model.splice(at % model.length, 1) as [Item];
            list.remove(item);
            expect(item).to.include({ before: undefined, after: undefined });
          }
          expect(list.empty).to.equal(model.length === 0);
          expect(forwards(list).every((item, i) => item === model[i])).to.equal(true);
          expect(forwards(list)).to.have.length(model.length);
          expect(backwards(list).every((item, i) => item === model[model.length - 1 - i])).to.equal(true);
          expect(backwards(list)).to.have.length(model.length);
        }
      }),
    );
  });
});

function forwards(list: List<Item>): Item[] {
  const items: Item[] = [];
  for (let item = list.first; item !== undefined; item = item.after) items.push(item);
  return items;
}

function backwards(list: List<Item>): Item[] {
  const items: Item[] = [];
  for (let item = list.last; item !== undefined; item = item.before) items.push(item);
  return items;
}
