import type Database from 'better-sqlite3';
import type { Moment, Outcome, Restoring, Stored, Wanted } from '../../../ports/journal.js';
import { COLUMNS, fromRow, type Row } from './rows.js';

/** A row of `deliveries` behind that of its message. */
type DeliveryRow = [...Row, attempts: number, name: string | null, until: number, answered: number];
type IdRow = [number: number, address: string, id: string, fingerprint: number, outcome: Outcome, forgetAt: number];
type WaitingIdRow = [seq: number, address: string, id: string, fingerprint: number];

/** Rows that are read at once where there can be very many: one by one takes half as long again, all take their memory. */
const STEP = 1000;

const HERE = 'seq NOT IN (SELECT seq FROM deliveries)';
// Each is answered by an index alone, named so that it shows when that is no longer so.
const COUNT_QUEUES = 'SELECT queue, count(*) FROM messages INDEXED BY messages_queue WHERE ready = 0 GROUP BY queue';
const COUNT_DELAYED = `SELECT count(*), min(ready) FROM messages INDEXED BY messages_ready WHERE ready > 0 AND ${HERE}`;
const SELECT_WAITING_IDS = `SELECT seq, address, id, fingerprint FROM messages INDEXED BY messages_id
  WHERE id IS NOT NULL AND at IS NULL AND seq > ? ORDER BY seq LIMIT ${STEP}`;

const SELECT_DELIVERIES = `SELECT ${COLUMNS.replace(/\w+/g, 'm.$&')}, d.attempts, d.name, d.until, d.answered
  FROM deliveries d JOIN messages m USING (seq) ORDER BY d.seq`;
const SELECT_IDS = `SELECT number, address, id, fingerprint, outcome, forget_at FROM ids
  WHERE number > ? ORDER BY number LIMIT ${STEP}`;
const SELECT_PAUSED = 'SELECT address FROM paused';
const SELECT_MOMENT = 'SELECT running, wall, last_seq FROM moment';

const READ = `SELECT ${COLUMNS} FROM messages`;
const READ_QUEUE = `${READ} INDEXED BY messages_queue
  WHERE queue = ? AND ready = 0 AND seq > ? AND ${HERE} ORDER BY seq LIMIT ?`;
const READ_DUE = `${READ} INDEXED BY messages_due WHERE due <= ? AND ${HERE} ORDER BY due, seq LIMIT ?`;
const READ_READY = `${READ} INDEXED BY messages_ready
  WHERE ready > 0 AND ready <= ? AND ${HERE} ORDER BY ready, seq LIMIT ?`;

/** Reads what is kept. Throws what SQLite throws. */
export class Reader {
  readonly #countQueues: Database.Statement<[], [string, number]>;
  readonly #countDelayed: Database.Statement<[], [number, number]>;
  readonly #selectWaitingIds: Database.Statement<[number], WaitingIdRow>;
  readonly #selectDeliveries: Database.Statement<[], DeliveryRow>;
  readonly #selectIds: Database.Statement<[number], IdRow>;
  readonly #selectPaused: Database.Statement<[], string>;
  readonly #selectMoment: Database.Statement<[], [number, number, number]>;
  readonly #readQueue: Database.Statement<[string, number, number], Row>;
  readonly #readDue: Database.Statement<[number, number], Row>;
  readonly #readReady: Database.Statement<[number, number], Row>;

  constructor(db: Database.Database) {
    this.#countQueues = db.prepare<[], [string, number]>(COUNT_QUEUES).raw();
    this.#countDelayed = db.prepare<[], [number, number]>(COUNT_DELAYED).raw();
    this.#selectWaitingIds = db.prepare<[number], WaitingIdRow>(SELECT_WAITING_IDS).raw();
    this.#selectDeliveries = db.prepare<[], DeliveryRow>(SELECT_DELIVERIES).raw();
    this.#selectIds = db.prepare<[number], IdRow>(SELECT_IDS).raw();
    this.#selectPaused = db.prepare<[], string>(SELECT_PAUSED).pluck();
    this.#selectMoment = db.prepare<[], [number, number, number]>(SELECT_MOMENT).raw();
    this.#readQueue = db.prepare<[string, number, number], Row>(READ_QUEUE).raw();
    this.#readDue = db.prepare<[number, number], Row>(READ_DUE).raw();
    this.#readReady = db.prepare<[number, number], Row>(READ_READY).raw();
  }

  /** See `Journal.restore`. */
  restore(restoring: Restoring): { moment: Moment; lastSeq: number } | undefined {
    const handed = this.#tellDeliveries(restoring);
    for (const [queue, count] of this.#countQueues.iterate()) {
      const waiting = count - (handed.get(queue) ?? 0);
      if (waiting > 0) restoring.queue(queue, waiting);
    }
    const [delayed, first] = this.#countDelayed.get() ?? [0, 0];
    if (delayed > 0) restoring.delayed(delayed, first);
    inSteps(this.#selectWaitingIds, ([seq, address, id, fingerprint]) => {
      restoring.waitingId(address, id, fingerprint, seq);
    });
    inSteps(this.#selectIds, ([number, address, id, fingerprint, outcome, forgetAt]) => {
      restoring.finishedId({ number, address, id, fingerprint, outcome, forgetAt });
    });
    for (const address of this.#selectPaused.iterate()) restoring.paused(address);
    const row = this.#selectMoment.get();
    return row && { moment: { running: row[0], wall: row[1] }, lastSeq: row[2] };
  }

  /** See `Journal.read`. */
  read(wanted: Wanted, count: number, bytes: number): Stored[] {
    const found: Stored[] = [];
    let size = 0;
    for (const row of this.#rows(wanted, count)) {
      const stored = fromRow(row);
      found.push(stored);
      size += stored.message.body.length;
      if (size >= bytes) break;
    }
    return found;
  }

  #rows(wanted: Wanted, count: number): IterableIterator<Row> {
    if (wanted.of === 'queue') return this.#readQueue.iterate(wanted.queue, wanted.after, count);
    if (wanted.of === 'due') return this.#readDue.iterate(wanted.by, count);
    return this.#readReady.iterate(wanted.by, count);
  }

  /** Returns how many of each queue are not to be counted there. */
  #tellDeliveries(restoring: Restoring): Map<string, number> {
    const handed = new Map<string, number>();
    for (const row of this.#selectDeliveries.iterate()) {
      const stored = fromRow(row);
      const { seq, queue, ready } = stored;
      if (ready === 0) handed.set(queue, (handed.get(queue) ?? 0) + 1);
      const [attempts, name, until, answered] = [row[17], row[18] ?? undefined, row[19], row[20] === 1];
      restoring.delivery(stored, { seq, attempts, name, until, answered });
    }
    return handed;
  }
}

/** Calls `visit` with all rows, in the order of their first column: a number above 0, which is what the next step begins after. */
function inSteps<R extends [number, ...unknown[]]>(
  step: Database.Statement<[number], R>,
  visit: (row: R) => void,
): void {
  let after = 0;
  for (;;) {
    const rows = step.all(after);
    for (const row of rows) visit(row);
    const last = rows[rows.length - 1];
    if (last === undefined) return;
    after = last[0];
  }
}
