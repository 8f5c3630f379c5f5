import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, describe } from 'mocha';
import { SqliteJournal } from '../../src/adapters/journal/sqlite/journal.js';
import { batch, commit, delivery, finished, keep, kept, restored, stored } from '../contract/journal-parts.js';
import { itWhere, scratch } from './scratch.js';

const able =
  process.platform === 'linux' && spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

describe('a full disk', () => {
  const mounted: string[] = [];
  let journal: SqliteJournal | undefined;

  afterEach(async () => {
    await journal?.close();
    journal = undefined;
    for (const path of mounted.splice(0)) execFileSync('umount', [path]);
  });

  // After the hook above: what is mounted can't be removed.
  const folder = scratch();

  function smallDisk(size: string): string {
    const path = folder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', path]);
    mounted.push(path);
    return path;
  }

  /** Takes all the space that is left. */
  function fill(path: string): string {
    const ballast = join(path, 'ballast');
    const descriptor = openSync(ballast, 'w');
    try {
      for (;;) writeSync(descriptor, Buffer.alloc(4096, 1));
    } catch (error) {
      expect(error).to.have.property('code', 'ENOSPC');
    } finally {
      closeSync(descriptor);
    }
    return ballast;
  }

  const body = 'x'.repeat(1000);
  const some = (from: number, count: number) => Array.from({ length: count }, (_, i) => stored(from + i, { body }));

  itWhere(
    able,
    'right to mount',
    'keeps nothing of the batch, says so, and works again when there is space',
    async () => {
      const disk = smallDisk('4m');
      const file = join(disk, 'journal.db');
      journal = new SqliteJournal(file, 'full');
      await keep(journal, batch(some(1, 20), [], 1));
      const ballast = fill(disk);
      for (let i = 0; i < 3; i++) {
        const failure = await commit(journal, batch(some(100, 300), [1, 2], 2));
        expect(failure).to.have.property('kind', 'full');
        expect(failure?.cause).to.have.property('code', 'SQLITE_FULL');
      }
      rmSync(ballast);
      await keep(journal, batch(some(200, 300), [3], 3));
      await journal.close();
      journal = new SqliteJournal(file, 'full');
      const seqs = (await kept(journal)).map(({ seq }) => seq);
      expect(seqs).to.deep.equal([...some(1, 20), ...some(200, 300)].map(({ seq }) => seq).filter((seq) => seq !== 3));
    },
  );

  for (const size of ['1m', '4m', '16m']) {
    itWhere(
      able,
      'right to mount',
      `filled by the journal alone, has space again once messages end (${size})`,
      async () => {
        const file = join(smallDisk(size), 'journal.db');
        journal = new SqliteJournal(file, 'full');
        let next = 1;
        for (;;) {
          const failure = await commit(journal, batch(some(next, 20)));
          if (failure !== undefined) {
            expect(failure.kind).to.equal('full');
            break;
          }
          next += 20;
        }
        expect(next).to.be.greaterThan(100);
        const ended = Array.from({ length: next - 1 }, (_, i) => i + 1);
        // As the broker does: what ended gathers, and is tried again as a whole.
        await keep(journal, batch([], ended.slice(0, next >> 1)));
        await keep(journal, batch([], ended));
        await keep(journal, batch(some(next, 100)));
        await journal.close();
        journal = new SqliteJournal(file, 'full');
        expect(await kept(journal)).to.deep.equal(some(next, 100));
      },
    );
  }

  itWhere(able, 'right to mount', 'takes all but new messages while these are refused', async () => {
    const file = join(smallDisk('96m'), 'journal.db');
    journal = new SqliteJournal(file, 'full');
    // Each in a queue of its own, so that every change is written to other pages.
    const strewn = (from: number) =>
      some(from, 200).map((one) => stored(one.seq, { to: `q${(one.seq * 7919) % 9973}`, body }));
    let next = 1;
    while ((await commit(journal, batch(strewn(next)))) === undefined) next += 200;
    expect(next).to.be.greaterThan(20_000);
    const pick = (i: number) => ((i * 7919) % (next - 1)) + 1;
    for (let round = 0; round < 10; round++) {
      const picked = Array.from({ length: 400 }, (_, i) => pick(round * 400 + i));
      const [moving, ending, handed] = [picked.slice(0, 100), picked.slice(100, 200), picked.slice(200)];
      const moved = moving.map((from, i) => {
        const seq = next + 1000 + round * 100 + i;
        return { from, stored: stored(seq, { to: 'a', body }, { at: 'dead:a' }) };
      });
      const delivered = handed.map((seq) => delivery(seq));
      const remembered = ending.map((seq) => finished(seq, { id: `an id of some length ${seq}` }));
      await keep(journal, batch([], ending, 2, { moved, delivered, remembered, paused: [`p${round}`] }));
    }
    await journal.close();
    journal = new SqliteJournal(file, 'full');
    const { deliveries, finishedIds, queues } = restored(journal);
    expect([deliveries.length, finishedIds.length, queues['dead:a']]).to.deep.equal([2000, 1000, 1000]);
    for (let i = 0; i < next; i += 400) {
      await keep(
        journal,
        batch(
          [],
          Array.from({ length: 400 }, (_, k) => pick(i + k)),
        ),
      );
    }
    await keep(journal, batch(some(next + 5000, 200)));
  });

  itWhere(able, 'right to mount', 'can be closed on, and opened on again', async () => {
    const disk = smallDisk('2m');
    const file = join(disk, 'journal.db');
    journal = new SqliteJournal(file, 'full');
    await keep(journal, batch(some(1, 100)));
    const ballast = fill(disk);
    await journal.close();
    rmSync(ballast);
    journal = new SqliteJournal(file, 'full');
    expect(await kept(journal)).to.deep.equal(some(1, 100));
  });
});
