import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { journalContract } from '../../contract/journal.js';
import { batch, commit, kept, read, restored, stored } from '../../contract/journal-parts.js';
import { FakeJournal } from '../../support/journal.js';

for (const sync of ['normal', 'full'] as const) {
  journalContract(`fake, ${sync}`, {
    keeps: true,
    sync,
    place: () => {
      let journal = new FakeJournal(sync);
      const open = () => {
        journal = journal.survivor();
        return journal;
      };
      return { open, remove: () => undefined };
    },
  });
}

describe('fake journal', () => {
  let journal: FakeJournal;
  let told: string[];

  beforeEach(() => {
    journal = new FakeJournal();
    told = [];
  });

  const add = (seq: number) => {
    journal.commit(batch([stored(seq, { to: 'a' })]), (failure) => told.push(failure?.kind ?? `added ${seq}`));
  };
  const look = () => {
    journal.read({ of: 'queue', queue: 'a', after: 0 }, 9, 1e6, (found, failure) => {
      told.push(failure?.kind ?? `found ${found.length}`);
    });
  };

  it('holds commits and reads until it is to answer, in order, and those that come meanwhile', () => {
    journal.hold = true;
    add(1);
    look();
    journal.hold = false;
    add(2);
    look();
    expect([journal.underWay, journal.kept.size, told]).to.deep.equal([4, 0, []]);
    while (journal.underWay > 0) journal.answer();
    expect(told).to.deep.equal(['added 1', 'found 1', 'added 2', 'found 2']);
    add(3);
    expect(told).to.have.lengthOf(5);
    expect(() => journal.answer()).to.throw('nothing is under way');
  });

  it('keeps nothing while it is full, and can be read', () => {
    add(1);
    journal.outcome = 'full';
    add(2);
    look();
    journal.outcome = 'ok';
    add(3);
    expect(told).to.deep.equal(['added 1', 'full', 'found 1', 'added 3']);
    expect([...journal.kept.keys()]).to.deep.equal([1, 3]);
  });

  it('fails for good', () => {
    journal.outcome = 'failed';
    add(1);
    journal.outcome = 'ok';
    add(2);
    look();
    expect(told).to.deep.equal(['failed', 'failed', 'failed']);
    expect(journal.kept.size).to.equal(0);
  });

  it('leaves what was committed to who comes after a crash, and as much of what was under way as it is told', async () => {
    add(1);
    journal.hold = true;
    add(2);
    look();
    add(3);
    for (const [reached, seqs] of [
      [0, [1]],
      [1, [1, 2]],
      [2, [1, 2]],
      [3, [1, 2, 3]],
    ] as const) {
      const next = journal.survivor(reached);
      expect((await kept(next)).map(({ seq }) => seq)).to.deep.equal(seqs);
      expect(next.underWay).to.equal(0);
      expect(await commit(next, batch([], [1]))).to.equal(undefined);
    }
    expect([...journal.kept.keys()]).to.deep.equal([1]);
    expect(told).to.deep.equal(['added 1']);
  });

  it('keeps what a batch said when it was asked, not what becomes of it', async () => {
    const one = { ...stored(1, { to: 'a' }) };
    const added = [one];
    journal.hold = true;
    journal.commit(batch(added), () => undefined);
    added.push(stored(2));
    Object.assign(one, { due: 1, more: 'than is journaled' });
    journal.answer();
    journal.hold = false;
    expect(await read(journal, { of: 'due', by: 1e9 })).to.deep.equal([stored(1, { to: 'a' })]);
    expect(restored(journal).last).to.have.property('lastSeq', 1);
    expect(journal.batches.map((each) => each.added)).to.deep.equal([[1]]);
  });
});
