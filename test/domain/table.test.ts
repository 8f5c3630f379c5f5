import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Named, Table } from '../../src/domain/table.js';

class Item implements Named<Item> {
  hash = 0;
  next: Item | undefined = undefined;

  constructor(readonly name: string) {}
}

// That it agrees with a Map is shown with `Queues`, which are one.
describe('Table', () => {
  it('tells all it has, and an item that was removed is tied to nothing', () => {
    const table = new Table<Item>(1);
    const items = Array.from({ length: 1000 }, (_, i) => new Item(`item-${i}`));
    for (const item of items) table.add(item);
    expect(new Set(table.items()).size).to.equal(1000);
    for (const item of items) expect(table.get(item.name)).to.equal(item);
    for (const item of items.slice(1)) {
      table.remove(item);
      expect(item.next).to.equal(undefined);
    }
    expect(table.items()).to.deep.equal([items[0]]);
    expect([table.size, table.get('item-1')]).to.deep.equal([1, undefined]);
  });
});
