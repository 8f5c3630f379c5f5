import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseEndpoints, showEndpoint } from '../../src/client/address.js';
import { fromWire, toWire, wireSeconds } from '../../src/client/arguments.js';
import { Backoff } from '../../src/client/backoff.js';
import { ByTag, type Tagged } from '../../src/client/link/by-tag.js';
import { Fifo } from '../../src/client/link/fifo.js';
import { type InLine, Line } from '../../src/client/link/line.js';

class Item implements Tagged<Item>, InLine<Item> {
  readonly tag: string;
  next: Item | undefined;
  before: Item | undefined;
  after: Item | undefined;

  constructor(readonly number: number) {
    this.tag = String(number);
  }
}

describe('the parts of a client', () => {
  it('addresses can be listed, and shown again', () => {
    const lists: [string, string[] | undefined][] = [
      ['unix:/a', ['unix:/a']],
      ['unix:/a,b,tcp:[::1]:9 , tcp:h:1', ['unix:/a,b', 'tcp:[::1]:9', 'tcp:h:1']],
      ['tcp:h:1,h:2', undefined],
      ['tcp:h:1,', undefined],
      ['', undefined],
    ];
    for (const [text, expected] of lists) expect(parseEndpoints(text)?.map(showEndpoint)).to.deep.equal(expected);
  });

  it('text beyond ASCII goes out as UTF-8, and comes back', () => {
    for (const text of ['plain', 'ü', '€ 🙂']) {
      const wire = toWire(text);
      expect(wire).to.match(/^[\u0000-\u00ff]*$/);
      expect(fromWire(wire)).to.equal(text);
    }
  });

  it('seconds become milliseconds', () => {
    expect([wireSeconds('x', 0.0004), wireSeconds('x', 1.5)]).to.deep.equal([0, 1500]);
    for (const wrong of [-1, Number.NaN, 1e12]) expect(() => wireSeconds('x', wrong)).to.throw('seconds from 0 to');
    expect(() => wireSeconds('x', 0.0004, 1)).to.throw('x is seconds from 0.001');
  });

  it('pauses double up to the longest, and chance makes them shorter', () => {
    const longest = new Backoff({ min: 50, max: 300, jitter: 1 }, () => 0);
    expect([1, 2, 3, 4, 5].map(() => longest.next())).to.deep.equal([50, 100, 200, 300, 300]);
    longest.reset();
    expect(longest.next()).to.equal(50);
    const half = new Backoff({ min: 50, max: 300, jitter: 0.5 }, () => 0.5);
    expect(half.next()).to.equal(37.5);
  });

  it('what is first in is first out, whatever the number', () => {
    const fifo = new Fifo<{ n: number }>();
    const out: number[] = [];
    for (let n = 0; n < 20_000; n++) {
      fifo.push({ n });
      if (n % 3 > 0) out.push(fifo.shift()?.n ?? -1);
    }
    expect(fifo.size).to.equal(20_000 - out.length);
    for (let item = fifo.shift(); item !== undefined; item = fifo.shift()) out.push(item.n);
    expect(out).to.deep.equal(Array.from({ length: 20_000 }, (_, n) => n));
    expect(fifo.shift()).to.equal(undefined);
  });

  it('what waits under a tag is found by it, in any order and number, and listed in the order of the tags', () => {
    const byTag = new ByTag<Item>();
    const model = new Map<string, Item>();
    for (let n = 0; n < 3000; n++) {
      const item = new Item(n);
      byTag.add(item);
      model.set(item.tag, item);
      const gone = model.get(String((n * 7919) % (n + 1)));
      if (gone === undefined || n % 3 === 0) continue;
      for (let times = 0; times < 2; times++) byTag.remove(gone);
      model.delete(gone.tag);
    }
    expect(byTag.size).to.equal(model.size);
    for (let n = 0; n < 3000; n++) expect(byTag.get(String(n))).to.equal(model.get(String(n)));
    expect(['', '01', 'x', '-1', '3000'].map((tag) => byTag.get(tag))).to.deep.equal(new Array(5).fill(undefined));
    expect(byTag.all()).to.deep.equal([...model.values()]);
  });

  it('those in line stand in the order in which they came, whoever leaves', () => {
    const line = new Line<Item>();
    const model = new Set<Item>();
    const items = Array.from({ length: 200 }, (_, n) => new Item(n));
    for (const [n, item] of items.entries()) {
      line.add(item);
      model.add(item);
      const gone = items[(n * 31) % (n + 1)] as Item;
      if (n % 2 === 0) line.remove(gone);
      if (n % 2 === 0) model.delete(gone);
      expect([...line]).to.deep.equal([...model]);
      expect(line.size).to.equal(model.size);
    }
    for (const item of line) line.remove(item);
    expect([[...line], line.size]).to.deep.equal([[], 0]);
  });
});
