import { expect } from 'chai';
import fc from 'fast-check';
import { afterEach, describe, it } from 'mocha';
import type { Batch, Journal, Stored, StoredDelivery, Wanted } from '../../src/ports/journal.js';
import { Kept } from '../support/kept.js';
import { batch, delivery, finished, keep, kept, read, restored, stored, type Told } from './journal-parts.js';
import { anyStep, changesOf } from './journal-steps.js';

/** A place for one journal. */
export interface JournalPlace {
  /** Opens it, for the first time or again; what was opened before has been closed. */
  open(): Journal;
  /** Removes what is left of it. */
  remove(): void;
}

/** How the adapter under test is to be treated. */
export interface JournalKind {
  /** Whether what was committed is there when it is asked for, and when it is opened again. */
  readonly keeps: boolean;
  readonly sync: Journal['sync'];
  place(): JournalPlace;
}

const NOTHING: Told = {
  queues: {},
  delayed: undefined,
  deliveries: [],
  waitingIds: [],
  finishedIds: [],
  paused: [],
  last: undefined,
};

/** Every byte value an address can hold, and every one a body can. */
const bytes = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i));
const EVERY_BYTE = bytes.join('');
const EVERY_ADDRESS_BYTE = bytes.filter((byte) => byte > ' ' && byte !== '\x7f').join('');

const FOREVER = Number.MAX_SAFE_INTEGER;
const seqs = (all: readonly Stored[]) => all.map(({ seq }) => seq);
const ofQueue = (queue: string, after = 0): Wanted => ({ of: 'queue', queue, after });

/** What every journal does. */
export function journalContract(name: string, { keeps, sync, place }: JournalKind): void {
  describe(`journal contract: ${name}`, () => {
    const places: JournalPlace[] = [];
    let open: Journal | undefined;

    afterEach(async () => {
      await open?.close();
      for (const one of places.splice(0)) one.remove();
    });

    /** A new journal, and how to close it and open it again. */
    function make(): { journal: Journal; again(): Promise<Journal> } {
      const here = place();
      places.push(here);
      open = here.open();
      const again = async () => {
        await open?.close();
        open = here.open();
        return open;
      };
      return { journal: open, again };
    }

    /** Commits to a new journal, one batch after another, and opens it as a second broker would. */
    async function afterwards(...batches: Batch[]): Promise<Journal> {
      const { journal, again } = make();
      restored(journal);
      await keep(journal, ...batches);
      return again();
    }

    it('says what it survives', () => {
      expect(make().journal.sync).to.equal(sync);
    });

    it('holds nothing at first, not even a moment', async () => {
      const { journal } = make();
      expect(restored(journal)).to.deep.equal(NOTHING);
      expect(await read(journal, ofQueue('to.1'))).to.deep.equal([]);
      expect(await read(journal, { of: 'due', by: FOREVER })).to.deep.equal([]);
      expect(await read(journal, { of: 'ready', by: FOREVER })).to.deep.equal([]);
    });

    it('does commits and reads in order, and tells of each once', async () => {
      const { journal } = make();
      restored(journal);
      const ends: Promise<void>[] = [];
      const told: string[] = [];
      for (const seq of [1, 2, 3]) {
        ends.push(keep(journal, batch([stored(seq, { to: 'a' })])).then(() => void told.push(`commit ${seq}`)));
        ends.push(read(journal, ofQueue('a')).then((found) => void told.push(`read ${found.length}`)));
      }
      await Promise.all(ends);
      const sees = (count: number) => `read ${keeps ? count : 0}`;
      expect(told).to.deep.equal(['commit 1', sees(1), 'commit 2', sees(2), 'commit 3', sees(3)]);
    });

    it('can be closed twice', async () => {
      const { journal } = make();
      await journal.close();
      await journal.close();
    });

    if (!keeps) {
      it('keeps nothing', async () => {
        const all = { delivered: [delivery(1)], remembered: [finished(1)], paused: ['to.1'] };
        const journal = await afterwards(batch([stored(1), stored(2)], [], 10, all));
        expect(restored(journal)).to.deep.equal(NOTHING);
        expect(await read(journal, ofQueue('to.1'))).to.deep.equal([]);
      });
      return;
    }

    describe('messages', () => {
      it('brings back what was added, in order', async () => {
        const all = [stored(1), stored(2, { replyTo: 'back' }), stored(7), stored(8, { body: '', timeout: 0 })];
        const journal = await afterwards(batch(all.slice(0, 3)), batch(all.slice(3)));
        expect(await kept(journal)).to.deep.equal(all);
      });

      it('forgets what was removed, in the batch that added it too', async () => {
        const journal = await afterwards(batch([stored(1), stored(2), stored(3)], [2]), batch([stored(4)], [1]));
        expect(await kept(journal)).to.deep.equal([stored(3), stored(4)]);
        expect(restored(journal).queues).to.deep.equal({ 'to.0': 1, 'to.1': 1 });
      });

      it('passes over the end of a message that it does not hold', async () => {
        const journal = await afterwards(batch([stored(1)]), batch([], [5, 1, 1, 9]), batch([stored(2)], [1]));
        expect(await kept(journal)).to.deep.equal([stored(2)]);
      });

      it('knows the moment of the last commit, also of one with nothing in it', async () => {
        const journal = await afterwards(batch([stored(1)], [], 10), batch([], [1], 20), batch([], [], 3e12));
        expect(restored(journal).last).to.deep.equal({ moment: { running: 3e12, wall: 4.7e12 }, lastSeq: 1 });
      });

      it('knows the highest seq there was, though its message is gone or has moved', async () => {
        const journal = await afterwards(batch([stored(3), stored(9), stored(4)]), batch([], [9]));
        expect(restored(journal).last).to.have.property('lastSeq', 9);
        await keep(journal, batch([], [], 2, { moved: [{ from: 3, stored: stored(12, {}) }] }), batch([], [12]));
        expect(restored(journal).last).to.have.property('lastSeq', 12);
      });

      it('returns every byte as it was', async () => {
        const texts = { to: EVERY_ADDRESS_BYTE, replyTo: EVERY_ADDRESS_BYTE, body: EVERY_BYTE };
        const options = { id: EVERY_ADDRESS_BYTE.slice(-128), dead: EVERY_ADDRESS_BYTE };
        const odd = stored(1, { ...texts, options });
        const journal = await afterwards(batch([odd]));
        expect(await kept(journal)).to.deep.equal([odd]);
        const [{ id, address }] = restored(journal).waitingIds as [Told['waitingIds'][0]];
        expect([id, address]).to.deep.equal([options.id, texts.to]);
      });

      it('returns every option as it was, and what is usual as usual', async () => {
        const all = [
          { id: 'one' },
          { delay: 250 },
          { attempts: 1 },
          { once: true },
          { dead: '' },
          { dead: 'elsewhere' },
          { receipt: 'done' as const },
          { id: 'all', delay: 1e12, attempts: 1e9, once: true, dead: 'x', receipt: 'done' as const },
          {},
        ].map((options, i) => stored(i + 1, { to: 'a', options }));
        const journal = await afterwards(batch(all));
        expect(await read(journal, ofQueue('a'))).to.deep.equal(all);
      });

      it('counts further than 32 bits', async () => {
        const numbers = [2 ** 31 - 1, 2 ** 31, 2 ** 32 + 1, FOREVER];
        const all = numbers.map((seq) =>
          stored(seq, { timeout: 1e12, options: { id: `${seq}` } }, { due: FOREVER, fingerprint: FOREVER }),
        );
        const journal = await afterwards(batch(all), batch([], [2 ** 32 + 1]));
        expect(await kept(journal)).to.deep.equal(all.filter(({ seq }) => seq !== 2 ** 32 + 1));
        expect(restored(journal).waitingIds[0]).to.have.property('fingerprint', FOREVER);
      });

      it('takes a body of a megabyte', async () => {
        const large = stored(1, { body: EVERY_BYTE.repeat(4096) });
        const found = await kept(await afterwards(batch([large])));
        expect(found.length === 1 && found[0]?.message.body === large.message.body).to.equal(true);
      });
    });

    describe('queues', () => {
      it('are told with how many wait in each; labels are in their mailbox', async () => {
        const addresses = ['a', '~m~17', 'b', '~m', '~m~18', 'a', '~n~', '~~x'];
        const journal = await afterwards(batch(addresses.map((to, i) => stored(i + 1, { to }))));
        expect(restored(journal).queues).to.deep.equal({ a: 2, b: 1, '~m': 3, '~n': 1, '~': 1 });
        const found = await read(journal, ofQueue('~m'));
        expect(found.map(({ seq, at }) => `${seq} ${at}`)).to.deep.equal(['2 ~m~17', '4 ~m', '5 ~m~18']);
        expect(await read(journal, ofQueue('~m~17'))).to.deep.equal([]);
      });

      it('are read in the order of seq, whatever the order of adding, from where one asks', async () => {
        const all = [9, 3, 7, 5].map((seq) => stored(seq, { to: 'a' }));
        const journal = await afterwards(batch(all.slice(0, 2)), batch([...all.slice(2), stored(4, { to: 'b' })]));
        expect(seqs(await read(journal, ofQueue('a')))).to.deep.equal([3, 5, 7, 9]);
        expect(seqs(await read(journal, ofQueue('a', 3)))).to.deep.equal([5, 7, 9]);
        expect(seqs(await read(journal, ofQueue('a', 6), 1))).to.deep.equal([7]);
        expect(await read(journal, ofQueue('a', 9))).to.deep.equal([]);
        expect(await read(journal, ofQueue('A'))).to.deep.equal([]);
      });

      it('are read as of the commits before', async () => {
        const { journal } = make();
        await keep(journal, batch([stored(1, { to: 'a' }), stored(2, { to: 'a' })]), batch([], [1]));
        expect(seqs(await read(journal, ofQueue('a')))).to.deep.equal([2]);
      });

      it('are read no further than one asks: by count, and by the bytes of bodies', async () => {
        const all = [100, 200, 300, 0, 50].map((size, i) => stored(i + 1, { to: 'a', body: 'x'.repeat(size) }));
        const journal = await afterwards(batch(all));
        const found = async (count: number, size: number) => seqs(await read(journal, ofQueue('a'), count, size));
        expect(await found(2, 1e6)).to.deep.equal([1, 2]);
        expect(await found(0, 1e6)).to.deep.equal([]);
        expect(await found(9, 300)).to.deep.equal([1, 2]);
        expect(await found(9, 301)).to.deep.equal([1, 2, 3]);
        expect(await found(9, 1)).to.deep.equal([1]);
        expect(await found(9, 0)).to.deep.equal([1]);
      });
    });

    it('reads what is due, earliest first, in whatever queue and delayed or not, no further than asked', async () => {
      const due = { 1: 500, 2: 300, 3: 500, 4: 100, 5: 501 };
      const all = Object.entries(due).map(([seq, at]) => stored(Number(seq), { body: 'xx' }, { due: at }));
      const late = stored(6, {}, { due: 400, ready: 350 });
      const journal = await afterwards(batch([...all, late], [4]));
      const found = async (by: number, count?: number, size?: number) =>
        seqs(await read(journal, { of: 'due', by }, count, size));
      expect(await found(500)).to.deep.equal([2, 6, 1, 3]);
      expect(await found(299)).to.deep.equal([]);
      expect(await found(500, 3)).to.deep.equal([2, 6, 1]);
      expect(await found(500, 9, 2)).to.deep.equal([2]);
    });

    describe('delayed messages', () => {
      const all = [
        stored(1, { to: 'a', options: { delay: 70 } }, { ready: 700 }),
        stored(2, { to: 'a' }),
        stored(3, { to: 'b' }, { ready: 600 }),
        stored(4, { to: 'a' }, { ready: 600 }),
      ];

      it('are counted apart, and have no place in their queue', async () => {
        const journal = await afterwards(batch(all));
        const { queues, delayed } = restored(journal);
        expect({ queues, delayed }).to.deep.equal({ queues: { a: 1 }, delayed: { count: 3, first: 600 } });
        expect(seqs(await read(journal, ofQueue('a')))).to.deep.equal([2]);
      });

      it('are read when their delay has ended, earliest first', async () => {
        const journal = await afterwards(batch(all));
        expect(await read(journal, { of: 'ready', by: 599 })).to.deep.equal([]);
        expect(seqs(await read(journal, { of: 'ready', by: 600 }))).to.deep.equal([3, 4]);
        expect(await read(journal, { of: 'ready', by: 700 })).to.deep.equal([all[2], all[3], all[0]]);
        expect(seqs(await read(journal, { of: 'ready', by: 700 }, 1))).to.deep.equal([3]);
      });

      it('take their place by being moved', async () => {
        const { journal, again } = make();
        const [, , , fourth] = all as [Stored, Stored, Stored, Stored];
        await keep(
          journal,
          batch(all),
          batch([], [], 2, { moved: [{ from: 4, stored: { ...fourth, seq: 9, ready: 0 } }] }),
        );
        const reopened = await again();
        const { queues, delayed } = restored(reopened);
        expect({ queues, delayed }).to.deep.equal({ queues: { a: 2 }, delayed: { count: 2, first: 600 } });
        expect(seqs(await read(reopened, ofQueue('a')))).to.deep.equal([2, 9]);
      });
    });

    describe('deliveries', () => {
      const all = [1, 2, 3].map((seq) => stored(seq, { to: 'a', body: EVERY_BYTE, options: { id: `id ${seq}` } }));
      const some: StoredDelivery[] = [
        delivery(3, { attempts: 4, name: 'x', until: 7e12, answered: true }),
        delivery(1, { attempts: 2, name: undefined, until: 0 }),
      ];

      it('are told with their messages, which are then not counted nor read', async () => {
        const journal = await afterwards(batch(all), batch([], [], 2, { delivered: some }));
        const told = restored(journal);
        expect(told.queues).to.deep.equal({ a: 1 });
        expect(told.deliveries).to.deep.equal([
          { stored: all[0], delivery: some[1] },
          { stored: all[2], delivery: some[0] },
        ]);
        expect(told.waitingIds.map(({ seq }) => seq)).to.deep.equal([1, 2, 3]);
        expect(seqs(await read(journal, ofQueue('a')))).to.deep.equal([2]);
        expect(seqs(await read(journal, { of: 'due', by: FOREVER }))).to.deep.equal([2]);
      });

      it('of all messages of a queue leave it untold', async () => {
        const journal = await afterwards(batch(all, [2], 1, { delivered: some }));
        expect(restored(journal).queues).to.deep.equal({});
        expect(await read(journal, ofQueue('a'))).to.deep.equal([]);
      });

      it('of a delayed message too leave it out', async () => {
        const late = [4, 5].map((seq) => stored(seq, {}, { ready: seq * 100 }));
        const journal = await afterwards(batch(late, [], 1, { delivered: [delivery(4)] }));
        expect(restored(journal).delayed).to.deep.equal({ count: 1, first: 500 });
        expect(seqs(await read(journal, { of: 'ready', by: FOREVER }))).to.deep.equal([5]);
      });

      it('replace what was known before', async () => {
        const given = delivery(1, { attempts: 9, name: undefined, until: 77 });
        const batches = [batch(all, [], 1, { delivered: some }), batch([], [], 2, { delivered: [given] })];
        const journal = await afterwards(...batches);
        expect(restored(journal).deliveries[0]).to.deep.equal({ stored: all[0], delivery: given });
      });

      it('end with their message, also in a later life of the broker', async () => {
        const { journal, again } = make();
        await keep(journal, batch(all, [], 1, { delivered: some }), batch([], [3]));
        const next = await again();
        expect(restored(next).deliveries.map((one) => one.delivery)).to.deep.equal([some[1]]);
        await keep(next, batch([], [1]));
        const last = await again();
        expect(restored(last).deliveries).to.deep.equal([]);
        expect(seqs(await kept(last))).to.deep.equal([2]);
      });

      it('of a message that it does not hold are passed over', async () => {
        const journal = await afterwards(batch(all, [3], 1, { delivered: [...some, delivery(8)] }));
        expect(restored(journal).deliveries.map(({ stored: { seq } }) => seq)).to.deep.equal([1]);
        await keep(journal, batch([stored(8, { to: 'a' })]));
        expect(seqs(await read(journal, ofQueue('a')))).to.deep.equal([2, 8]);
      });
    });

    describe('messages that move', () => {
      const before = stored(1, { to: '~m~5', body: EVERY_BYTE, replyTo: 'back', options: { id: 'i' } });
      const dead = { ...before, seq: 7, queue: 'dead:~m', at: 'dead:~m', due: 9e9, attempts: 5, fingerprint: 3 };
      const buries = batch([], [], 2, { moved: [{ from: 1, stored: dead }] });

      it('have all that is new at their new place, and the body they had', async () => {
        const journal = await afterwards(batch([before, stored(2)]), buries);
        expect(await kept(journal)).to.deep.equal([stored(2), dead]);
        expect(restored(journal).queues).to.deep.equal({ 'to.2': 1, 'dead:~m': 1 });
        expect(await read(journal, ofQueue('dead:~m'))).to.deep.equal([dead]);
        expect(await read(journal, ofQueue('~m'))).to.deep.equal([]);
      });

      it('lose what was known of their deliveries, and their id while they are dead', async () => {
        const delivered = [delivery(1)];
        const journal = await afterwards(batch([before], [], 1, { delivered }), buries);
        const { deliveries, waitingIds } = restored(journal);
        expect({ deliveries, waitingIds }).to.deep.equal({ deliveries: [], waitingIds: [] });
        const back = { ...before, seq: 8, fingerprint: 4 };
        await keep(journal, batch([], [], 3, { moved: [{ from: 7, stored: back }] }));
        expect(restored(journal).waitingIds).to.deep.equal([{ address: '~m~5', id: 'i', fingerprint: 4, seq: 8 }]);
        expect(await kept(journal)).to.deep.equal([back]);
      });

      it('can be handed out and removed where they are', async () => {
        const delivered = [delivery(7)];
        const journal = await afterwards(batch([before], [], 1), { ...buries, delivered });
        expect(restored(journal).deliveries).to.deep.equal([{ stored: dead, delivery: delivered[0] }]);
        await keep(journal, batch([], [7]));
        expect(await kept(journal)).to.deep.equal([]);
      });

      it('can have been added in the same batch, move twice, and be removed in it', async () => {
        const moved = [
          { from: 1, stored: dead },
          { from: 7, stored: { ...dead, seq: 8 } },
          { from: 2, stored: { ...stored(2), seq: 9 } },
        ];
        const journal = await afterwards(batch([before, stored(2)], [9], 1, { moved }));
        expect(await kept(journal)).to.deep.equal([{ ...dead, seq: 8 }]);
      });

      it('and are not held are passed over', async () => {
        const journal = await afterwards(batch([stored(2)]), buries, batch([], [7], 2, { delivered: [delivery(1)] }));
        expect(await kept(journal)).to.deep.equal([stored(2)]);
        expect(restored(journal).deliveries).to.deep.equal([]);
      });
    });

    describe('ids', () => {
      it('of messages that wait are told, also of delayed ones; two addresses may have the same', async () => {
        const options = { id: 'same' };
        const all = [
          stored(4, { to: 'a', options }),
          stored(5, { to: 'b', options }, { ready: 10 }),
          stored(6, { to: 'b' }),
        ];
        const journal = await afterwards(batch(all));
        expect(restored(journal).waitingIds).to.deep.equal([
          { address: 'a', id: 'same', fingerprint: 4, seq: 4 },
          { address: 'b', id: 'same', fingerprint: 5, seq: 5 },
        ]);
      });

      it('of finished messages are told in order, until they are forgotten', async () => {
        const all = [
          finished(2 ** 40, { outcome: 'expired', fingerprint: FOREVER, forgetAt: 8e12 }),
          finished(3, { outcome: 'dead', address: EVERY_ADDRESS_BYTE, id: EVERY_ADDRESS_BYTE.slice(-128) }),
          finished(2),
        ];
        const { journal, again } = make();
        await keep(journal, batch([], [], 1, { remembered: all.slice(1) }));
        await keep(journal, batch([], [], 2, { remembered: all.slice(0, 1) }));
        const next = await again();
        expect(restored(next).finishedIds).to.deep.equal([...all].reverse());
        await keep(next, batch([], [], 3, { forgotten: 2 }), batch([], [], 3, { forgotten: 1 }));
        expect(restored(await again()).finishedIds).to.deep.equal([all[1], all[0]]);
      });

      it('are told all of them, in order, however many there are', async () => {
        const numbers = Array.from({ length: 2500 }, (_, i) => i + 1);
        const added = numbers.map((seq) => stored(seq, { options: { id: `i${seq}` } }));
        const remembered = numbers.map((number) => finished(number));
        const found = restored(await afterwards(batch(added, [], 1, { remembered })));
        expect(found.waitingIds.map(({ seq }) => seq)).to.deep.equal(numbers);
        expect(found.finishedIds).to.deep.equal(remembered);
      });

      it('are forgotten in the batch that remembers them too', async () => {
        const journal = await afterwards(batch([], [], 1, { remembered: [finished(1), finished(2)], forgotten: 1 }));
        expect(restored(journal).finishedIds).to.deep.equal([finished(2)]);
      });
    });

    it('knows what is paused, until it is resumed', async () => {
      const { journal, again } = make();
      await keep(journal, batch([], [], 1, { paused: ['a', EVERY_ADDRESS_BYTE, 'b'] }));
      await keep(journal, batch([], [], 2, { paused: ['b', 'c'], resumed: ['a', 'c', 'nobody'] }));
      const next = await again();
      expect(restored(next).paused).to.deep.equal([EVERY_ADDRESS_BYTE, 'b']);
      await keep(next, batch([], [], 3, { resumed: ['b'] }));
      expect(restored(await again()).paused).to.deep.equal([EVERY_ADDRESS_BYTE]);
    });

    it('is what plain maps would be, after any batches and restarts', async function () {
      // Some 150 restarts, with a new thread for each.
      this.timeout(120_000);
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { maxLength: 25 }), async (steps) => {
          const { journal: first, again } = make();
          const model = new Kept();
          let journal = first;
          try {
            for (const step of steps) {
              if (step === 'reopen') {
                journal = await again();
                expect(restored(journal)).to.deep.equal(restored(asJournal(model)));
                continue;
              }
              const changes = changesOf(step, model);
              model.apply(changes);
              await keep(journal, changes);
              const { wanted, count, size } = step.reads;
              expect(await read(journal, wanted, count, size)).to.deep.equal(model.read(wanted, count, size));
            }
            journal = await again();
            expect(restored(journal)).to.deep.equal(restored(asJournal(model)));
            expect(await kept(journal)).to.deep.equal([...model.messages.values()].sort((a, b) => a.seq - b.seq));
          } finally {
            await journal.close();
          }
        }),
        { numRuns: 40 },
      );
    });
  });
}

/** As far as restoring it goes. */
function asJournal(model: Kept): Journal {
  return {
    sync: 'off',
    restore: (restoring) => model.restore(restoring),
    commit: () => undefined,
    read: () => undefined,
    close: async () => undefined,
  };
}
