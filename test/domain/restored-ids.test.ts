import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { RestoredIds } from '../../src/domain/restored-ids.js';
import type { StoredId } from '../../src/ports/journal.js';

const finished = (number: number, id: string, forgetAt = number): StoredId => ({
  number,
  address: 'a',
  id,
  fingerprint: 2 ** 53 - number,
  outcome: 'expired',
  forgetAt,
});

describe('RestoredIds', () => {
  it('hold nothing at first', () => {
    const ids = new RestoredIds(1);
    expect([ids.size, ids.next, ids.take('a', 'i'), ids.forget(1e9)]).to.deep.equal([0, Infinity, undefined, 0]);
  });

  it('hand over one whose message waits, once', () => {
    const ids = new RestoredIds(1);
    ids.addWaiting('a', 'i', 7, 42);
    expect(ids.next).to.equal(Infinity);
    expect(ids.take('a', 'i')).to.include({ address: 'a', id: 'i', fingerprint: 7, seq: 42, outcome: undefined });
    expect([ids.size, ids.take('a', 'i')]).to.deep.equal([0, undefined]);
  });

  it('keep one that is finished until it is forgotten', () => {
    const ids = new RestoredIds(1);
    ids.addFinished(finished(3, 'i', 100));
    for (let i = 0; i < 2; i++) {
      expect(ids.take('a', 'i')).to.include({ outcome: 'expired', number: 3, forgetAt: 100, fingerprint: 2 ** 53 - 3 });
    }
    expect([ids.next, ids.forget(99), ids.size]).to.deep.equal([100, 0, 1]);
    expect([ids.forget(100), ids.size, ids.next]).to.deep.equal([3, 0, Infinity]);
  });

  it('tell an address from the id behind it, and know all characters', () => {
    const ids = new RestoredIds(1);
    const names = [
      ['ab', 'c'],
      ['a', 'bc'],
      ['abc', ''],
      ['\xff\x80', '\xe4'],
      ['\xff', '\x80\xe4'],
    ] as const;
    for (const [i, [address, id]] of names.entries()) ids.addWaiting(address, id, 1, i + 1);
    expect(ids.take('', 'abc')).to.equal(undefined);
    for (const [i, [address, id]] of names.entries()) expect(ids.take(address, id)?.seq).to.equal(i + 1);
    expect(ids.size).to.equal(0);
  });

  it('are found among 100,000, whichever were taken before, and forgotten in their order', () => {
    const ids = new RestoredIds(1);
    const all = Array.from({ length: 100_000 }, (_, i) => i + 1);
    for (const n of all) ids.addWaiting('waits', `id-${n}`, n, n);
    for (const n of all) ids.addFinished(finished(n, `id-${n}`));
    const odd = all.filter((n) => n % 2 === 1);
    expect(odd.every((n) => ids.take('waits', `id-${n}`)?.seq === n)).to.equal(true);
    expect(odd.some((n) => ids.take('waits', `id-${n}`) !== undefined)).to.equal(false);
    expect(all.every((n) => ids.take('a', `id-${n}`)?.number === n)).to.equal(true);
    expect(all.every((n) => ids.forget(all.length) === n)).to.equal(true);
    expect([ids.size, ids.forget(all.length)]).to.deep.equal([50_000, 0]);
    expect(all.filter((n) => ids.take('waits', `id-${n}`) !== undefined).length).to.equal(50_000);
    expect(ids.size).to.equal(0);
  });

  it('do what a Map would, whatever the names and the seed', () => {
    const name = fc.tuple(fc.constantFrom('', 'a', 'b', 'ab'), fc.constantFrom('', 'a', 'b', 'ab', 'ba'));
    const names = fc.uniqueArray(name, { selector: ([address, id]) => `${address} ${id}`, maxLength: 20 });
    fc.assert(
      fc.property(names, fc.nat(0x3fffffff), fc.array(name), (there, seed, asked) => {
        const ids = new RestoredIds(seed);
        const model = new Map(there.map(([address, id], i) => [`${address} ${id}`, i + 1]));
        for (const [i, [address, id]] of there.entries()) ids.addWaiting(address, id, 1, i + 1);
        for (const [address, id] of asked) {
          expect(ids.take(address, id)?.seq).to.equal(model.get(`${address} ${id}`));
          model.delete(`${address} ${id}`);
          expect(ids.size).to.equal(model.size);
        }
      }),
    );
  });
});
