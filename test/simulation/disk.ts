import type {
  Batch,
  Journal,
  JournalFailure,
  Restoring,
  Stored,
  StoredDelivery,
  Wanted,
} from '../../src/ports/journal.js';
import { Kept } from '../support/kept.js';
import type { Scene } from './scene.js';

/** A message as the disk has it. */
export interface Row {
  readonly stored: Stored;
  readonly delivery: StoredDelivery | undefined;
}

/** What the disk accepts: all; no new messages; nothing; or it breaks. */
export type Mode = 'ok' | 'no adds' | 'full' | 'failing';

/** Commits and reads in one step that show that there is no end to them. */
const MOST = 3000;

interface Operation {
  /** Of a commit: its number and what it changes. */
  readonly batch: Batch | undefined;
  readonly number: number;
  run(): void;
}

/** A journal that answers when the simulation says, or at once, and whose disk survives crashes. */
export class SimJournal implements Journal {
  readonly sync = 'full';
  mode: Mode = 'ok';
  /** Answers at once. */
  prompt = false;
  /** Commits asked for so far, and the last of them that was kept; they go on counting over crashes. */
  issued = 0;
  /** What it was asked for in this step. */
  asked = 0;
  kept = 0;
  /** Somebody was told that there is no room. */
  wasFull = false;
  #operations: Operation[] = [];
  #rows: Map<string, Row> | undefined;

  constructor(
    private readonly scene: Scene,
    /** Messages that one read gives at most. */
    private readonly chunk: number,
    readonly disk = new Kept(),
  ) {}

  get busy(): boolean {
    return this.#operations.length > 0;
  }

  /** What is on disk, by body. */
  get rows(): ReadonlyMap<string, Row> {
    if (this.#rows === undefined) {
      this.#rows = new Map();
      for (const stored of this.disk.messages.values()) {
        this.#rows.set(stored.message.body, { stored, delivery: this.disk.deliveries.get(stored.seq) });
      }
    }
    return this.#rows;
  }

  restore(restoring: Restoring): ReturnType<Kept['restore']> {
    return this.disk.restore(restoring);
  }

  commit(lent: Batch, done: (failure?: JournalFailure) => void): void {
    const batch = copied(lent);
    const number = ++this.issued;
    const run = () => {
      if (this.mode === 'failing') {
        done({ kind: 'failed', cause: new Error('the disk broke') });
      } else if (this.mode === 'full' || (this.mode === 'no adds' && batch.added.length > 0)) {
        this.wasFull = true;
        this.scene.full();
        done({ kind: 'full', cause: new Error('the disk is full') });
      } else {
        this.#keep(batch, number);
        done();
      }
    };
    this.#take({ batch, number, run });
  }

  read(wanted: Wanted, count: number, bytes: number, done: (found: readonly Stored[]) => void): void {
    const most = wanted.of === 'due' ? count : Math.min(count, this.chunk);
    this.#take({ batch: undefined, number: 0, run: () => done(this.disk.read(wanted, most, bytes)) });
  }

  /** Does what was asked first, and answers. */
  step(): void {
    const operation = this.#operations.shift();
    operation?.run();
  }

  /** The broker is gone. @param reached what is under way gets to the disk all the same */
  crash(reached: boolean): void {
    const underWay = this.#operations.find(({ batch }) => batch !== undefined);
    if (reached && underWay?.batch !== undefined && this.mode !== 'full' && this.mode !== 'no adds') {
      this.#keep(underWay.batch, underWay.number);
    }
    this.#operations = [];
    this.wasFull = false;
  }

  async close(): Promise<void> {
    // Nothing is held.
  }

  #take(operation: Operation): void {
    if (++this.asked > MOST) this.scene.fail('the broker goes round in circles');
    if (this.prompt && !this.busy) operation.run();
    else this.#operations.push(operation);
  }

  #keep(batch: Batch, number: number): void {
    const { disk, scene } = this;
    const has = (seq: number) => disk.messages.has(seq);
    for (const { from } of batch.moved) if (!has(from)) scene.fail(`the journal is to move ${from}, which it has not`);
    const gone = batch.removed.find((seq) => !has(seq));
    if (gone !== undefined) scene.fail(`the journal is to remove ${gone}, which it has not`);
    disk.apply(batch);
    const lost = batch.delivered.find(({ seq }) => !has(seq));
    if (lost !== undefined) scene.fail(`the journal is to note a delivery of ${lost}, which it has not`);
    this.#rows = undefined;
    this.kept = number;
  }
}

/** As all is now: what is lent may change. */
function copied(batch: Batch): Batch {
  const plain = ({ seq, queue, at, due, ready, attempts, fingerprint, message }: Stored): Stored => {
    return { seq, queue, at, due, ready, attempts, fingerprint, message };
  };
  return {
    added: batch.added.map(plain),
    moved: batch.moved.map(({ from, stored }) => ({ from, stored: plain(stored) })),
    removed: [...batch.removed],
    delivered: batch.delivered.map((delivery) => ({ ...delivery })),
    remembered: batch.remembered.map((id) => ({ ...id })),
    forgotten: batch.forgotten,
    paused: [...batch.paused],
    resumed: [...batch.resumed],
    moment: batch.moment,
  };
}
