import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Heap, type Ranked } from '../../src/domain/heap.js';

class Item implements Ranked {
  place = -1;

  constructor(readonly rank: number) {}
}

describe('Heap', () => {
  it('agrees with a sorted array, whatever is added and removed', () => {
    const step = fc.record({ add: fc.boolean(), value: fc.nat(50) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = new Heap<Item>();
        const model: Item[] = [];
        for (const { add, value } of steps) {
          if (add || model.length === 0) {
            const item = new Item(value);
            heap.add(item);
            model.push(item);
          } else {
            const [item] = model.splice(value % model.length, 1) as [Item];
            heap.remove(item);
            expect(item.place).to.equal(-1);
          }
          expect(heap.size).to.equal(model.length);
          expect(heap.first()?.rank).to.equal(model.map(({ rank }) => rank).sort((a, b) => a - b)[0]);
        }
      }),
    );
  });

  it('gives everything back in order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000)), (ranks) => {
        const heap = new Heap<Item>();
        for (const rank of ranks) heap.add(new Item(rank));
        const out: number[] = [];
        for (let first = heap.first(); first !== undefined; first = heap.first()) {
          heap.remove(first);
          out.push(first.rank);
        }
        expect(out).to.deep.equal([...ranks].sort((a, b) => a - b));
      }),
    );
  });
});
