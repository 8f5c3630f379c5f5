import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Queue } from '../../src/domain/queue.js';
import { Table } from '../../src/domain/table.js';

describe('Table', () => {
  it('agrees with a Map while it grows and shrinks', () => {
    fc.assert(
      fc.property(fc.nat(0x3fffffff), fc.array(fc.nat(1500), { maxLength: 3000, size: 'max' }), (seed, names) => {
        const table = new Table<Queue>(seed, 8);
        const model = new Map<string, Queue>();
        const check = (name: string) => expect(table.get(name)).to.equal(model.get(name));
        for (const number of names) {
          const name = `queue-${number}`;
          check(name);
          const queue = model.get(name);
          if (queue === undefined) {
            model.set(name, table.need(name, Queue.of));
          } else {
            table.remove(queue);
            model.delete(name);
          }
          check(name);
          expect(table.size).to.equal(model.size);
        }
        for (const name of model.keys()) check(name);
        for (const [name, queue] of [...model]) {
          table.remove(queue);
          model.delete(name);
          check(name);
        }
        expect(table.size).to.equal(0);
      }),
      { numRuns: 30 },
    );
  });

  it('finds names that differ in one character only', () => {
    const table = new Table<Queue>(1);
    for (let i = 0; i < 256; i++) table.add(new Queue(`a${String.fromCharCode(i)}`));
    for (let i = 0; i < 256; i++) {
      const name = `a${String.fromCharCode(i)}`;
      expect(table.get(name)?.name).to.equal(name);
    }
    expect(table.get('a')).to.equal(undefined);
    expect(table.get('')).to.equal(undefined);
  });

  it('tells all it has, and an item that was removed is tied to nothing', () => {
    const table = new Table<Queue>(1);
    const items = Array.from({ length: 1000 }, (_, i) => new Queue(`item-${i}`));
    for (const item of items) table.add(item);
    expect(new Set(table.items()).size).to.equal(1000);
    for (const item of items.slice(1)) {
      table.remove(item);
      expect(item.next).to.equal(undefined);
    }
    expect(table.items()).to.deep.equal([items[0]]);
  });
});
