import { expect } from 'chai';
import fc from 'fast-check';
import { afterEach, describe, it } from 'mocha';
import { Message } from '../../src/domain/message.js';
import type { Batch, Journal, JournalFailure, Moment, Stored } from '../../src/ports/journal.js';

/** A place for one journal. */
export interface JournalPlace {
  /** Opens it, for the first time or again; what was opened before has been closed. */
  open(): Journal;
  /** Removes what is left of it. */
  remove(): void;
}

/** How the adapter under test is to be treated. */
export interface JournalKind {
  /** Whether what was committed is there when it is opened again. */
  readonly keeps: boolean;
  readonly sync: Journal['sync'];
  place(): JournalPlace;
}

/** A message to be kept; what is not given is made up. */
export function stored(seq: number, message: Partial<Message> = {}, due = seq + 60_000): Stored {
  const { to = `to.${seq % 3}`, replyTo, body = `body ${seq}`, timeout = 60_000 } = message;
  return { seq, due, message: new Message(to, replyTo, body, timeout) };
}

/** A batch at the given moment; its wall time is told from its running time. */
export function batch(added: readonly Stored[], removed: readonly number[] = [], running = 1): Batch {
  return { added, removed, moment: { running, wall: 1.7e12 + running } };
}

/** Commits, and resolves with the failure if there was one. Rejects when `done` is called again. */
export function commit(journal: Journal, changes: Batch): Promise<JournalFailure | undefined> {
  return new Promise((resolve, reject) => {
    let calls = 0;
    journal.commit(changes, (failure) => {
      calls++;
      if (calls > 1) reject(new Error('done was called twice'));
      // Not before the call has returned, so that a second one within it is seen.
      setImmediate(() => resolve(failure));
    });
  });
}

/** Commits what must succeed. */
export async function keep(journal: Journal, changes: Batch): Promise<void> {
  const failure = await commit(journal, changes);
  if (failure !== undefined) throw failure.cause;
}

/** All that the journal holds. */
export function restored(journal: Journal): { kept: Stored[]; moment: Moment | undefined } {
  const kept: Stored[] = [];
  const moment = journal.restore((one) => kept.push(one));
  return { kept, moment };
}

/** Every byte value an address can hold, and every one a body can. */
const bytes = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i));
const EVERY_BYTE = bytes.join('');
const EVERY_ADDRESS_BYTE = bytes.filter((byte) => byte > ' ' && byte !== '\x7f').join('');

const anyBytes = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 })
  .map((codes) => String.fromCharCode(...codes));
const anyStep = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      bodies: fc.array(anyBytes, { maxLength: 6 }),
      ends: fc.array(fc.nat(30), { maxLength: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant('reopen' as const) },
);

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

    /** Commits to a new journal, one batch after another, and restores it as a second broker would. */
    async function afterwards(...batches: Batch[]): Promise<{ kept: Stored[]; moment: Moment | undefined }> {
      const { journal, again } = make();
      expect(restored(journal)).to.deep.equal({ kept: [], moment: undefined });
      for (const changes of batches) await keep(journal, changes);
      return restored(await again());
    }

    const whatIsKept = <T>(all: T[]): T[] => (keeps ? all : []);

    it('says what it survives', () => {
      expect(make().journal.sync).to.equal(sync);
    });

    it('holds nothing at first, not even a moment', () => {
      expect(restored(make().journal)).to.deep.equal({ kept: [], moment: undefined });
    });

    it(keeps ? 'brings back what was added, in order' : 'keeps nothing of what was added', async () => {
      const all = [stored(1), stored(2, { replyTo: 'back' }), stored(7), stored(8, { body: '', timeout: 0 })];
      const { kept } = await afterwards(batch(all.slice(0, 3)), batch(all.slice(3)));
      expect(kept).to.deep.equal(whatIsKept(all));
    });

    it('visits in the order of seq, whatever the order of adding', async () => {
      const { kept } = await afterwards(batch([stored(9), stored(3)]), batch([stored(5)]));
      expect(kept.map(({ seq }) => seq)).to.deep.equal(whatIsKept([3, 5, 9]));
    });

    it('forgets what was removed, in the batch that added it too', async () => {
      const { kept } = await afterwards(batch([stored(1), stored(2), stored(3)], [2]), batch([stored(4)], [1]));
      expect(kept).to.deep.equal(whatIsKept([stored(3), stored(4)]));
    });

    it('passes over the end of a message that it does not hold', async () => {
      const { kept } = await afterwards(batch([stored(1)]), batch([], [5, 1, 1, 9]), batch([stored(2)], [1]));
      expect(kept).to.deep.equal(whatIsKept([stored(2)]));
    });

    it(keeps ? 'knows the moment of the last commit' : 'knows no moment', async () => {
      const { moment } = await afterwards(batch([stored(1)], [], 10), batch([], [], 20), batch([], [1], 3e12));
      expect(moment).to.deep.equal(keeps ? { running: 3e12, wall: 4.7e12 } : undefined);
    });

    it('returns every byte as it was', async () => {
      const odd = stored(1, { to: EVERY_ADDRESS_BYTE, replyTo: EVERY_ADDRESS_BYTE, body: EVERY_BYTE });
      const { kept } = await afterwards(batch([odd]));
      expect(kept).to.deep.equal(whatIsKept([odd]));
    });

    it('counts further than 32 bits', async () => {
      const seqs = [2 ** 31 - 1, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
      const all = seqs.map((seq) => stored(seq, { timeout: 1e12 }, Number.MAX_SAFE_INTEGER));
      const { kept } = await afterwards(batch(all), batch([], [2 ** 32 + 1]));
      expect(kept).to.deep.equal(whatIsKept(all.filter(({ seq }) => seq !== 2 ** 32 + 1)));
    });

    it('takes a body of a megabyte', async () => {
      const large = stored(1, { body: EVERY_BYTE.repeat(4096) });
      const { kept } = await afterwards(batch([large]));
      expect(kept.length === 1 && kept[0]?.message.body === large.message.body).to.equal(keeps);
    });

    it('does batches in order, and tells of each once', async () => {
      const { journal } = make();
      restored(journal);
      const told: number[] = [];
      const commits = [1, 2, 3, 4].map(
        (seq) =>
          new Promise<void>((resolve) =>
            journal.commit(batch([stored(seq)]), (failure) => resolve(void told.push(failure ? -1 : seq))),
          ),
      );
      await Promise.all(commits);
      expect(told).to.deep.equal([1, 2, 3, 4]);
    });

    it('can be closed twice', async () => {
      const { journal } = make();
      await journal.close();
      await journal.close();
    });

    it('is what a plain map would be, after any batches and restarts', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { maxLength: 25 }), async (steps) => {
          const { journal: first, again } = make();
          const model = new Map<number, Stored>();
          let journal = first;
          let seq = 0;
          let moment: Moment | undefined;
          for (const step of [...steps, 'reopen' as const]) {
            if (step === 'reopen') {
              journal = await again();
              const expected = { kept: whatIsKept([...model.values()]), moment: keeps ? moment : undefined };
              expect(restored(journal)).to.deep.equal(expected);
              continue;
            }
            const added = step.bodies.map((body) => stored(++seq, { body }));
            const changes = batch(added, step.ends, seq);
            for (const one of added) model.set(one.seq, one);
            for (const end of step.ends) model.delete(end);
            moment = changes.moment;
            await keep(journal, changes);
          }
          await journal.close();
        }),
        { numRuns: 25 },
      );
    });
  });
}
