import type Database from 'better-sqlite3';
import type { Batch, Moved, Stored, StoredDelivery, StoredId } from '../../../ports/journal.js';
import { COLUMNS, isPlain, toRow } from './rows.js';

const INSERT = `INSERT INTO messages (${COLUMNS}) VALUES (${COLUMNS.replace(/\w+/g, '?')})`;
const INSERT_PLAIN =
  'INSERT INTO messages (seq, queue, address, reply_to, timeout, due, body) VALUES (?, ?, ?, ?, ?, ?, ?)';
const MOVE = `UPDATE messages SET ${COLUMNS.replace(', body', '').replace(/\w+/g, '$& = ?')} WHERE seq = ?`;
const DELETE = 'DELETE FROM messages WHERE seq = ?';
const DELIVER = `INSERT OR REPLACE INTO deliveries (seq, attempts, name, until, answered)
  SELECT seq, ?, ?, ?, ? FROM messages WHERE seq = ?`;
const UNDELIVER = 'DELETE FROM deliveries WHERE seq = ?';
const REMEMBER = 'INSERT INTO ids (number, address, id, fingerprint, outcome, forget_at) VALUES (?, ?, ?, ?, ?, ?)';
const FORGET = 'DELETE FROM ids WHERE number <= ?';
const PAUSE = 'INSERT OR IGNORE INTO paused (address) VALUES (?)';
const RESUME = 'DELETE FROM paused WHERE address = ?';
const WRITE_MOMENT = 'INSERT OR REPLACE INTO moment (id, running, wall, last_seq) VALUES (1, ?, ?, ?)';

/** Writes batches, each in one transaction. */
export class Writer {
  readonly #insert: Database.Statement;
  readonly #insertPlain: Database.Statement;
  readonly #move: Database.Statement;
  readonly #delete: Database.Statement;
  readonly #deliver: Database.Statement;
  readonly #undeliver: Database.Statement;
  readonly #remember: Database.Statement;
  readonly #forget: Database.Statement;
  readonly #pause: Database.Statement;
  readonly #resume: Database.Statement;
  readonly #writeMoment: Database.Statement;
  readonly #transaction: Database.Transaction<(batch: Batch) => void>;
  /** The messages that have a row in `deliveries`: for most there is none, and so nothing to be deleted. */
  readonly #handed: Set<number>;
  #lastSeq: number;

  constructor(db: Database.Database) {
    this.#insert = db.prepare(INSERT);
    this.#insertPlain = db.prepare(INSERT_PLAIN);
    this.#move = db.prepare(MOVE);
    this.#delete = db.prepare(DELETE);
    this.#deliver = db.prepare(DELIVER);
    this.#undeliver = db.prepare(UNDELIVER);
    this.#remember = db.prepare(REMEMBER);
    this.#forget = db.prepare(FORGET);
    this.#pause = db.prepare(PAUSE);
    this.#resume = db.prepare(RESUME);
    this.#writeMoment = db.prepare(WRITE_MOMENT);
    this.#transaction = db.transaction((batch: Batch) => this.#writeBatch(batch));
    this.#handed = new Set(db.prepare<[], number>('SELECT seq FROM deliveries').pluck().all());
    this.#lastSeq = db.prepare<[], number>('SELECT last_seq FROM moment').pluck().get() ?? 0;
  }

  /** @throws what SQLite throws; then nothing of the batch is kept */
  write(batch: Batch): void {
    this.#transaction.immediate(batch);
    for (const { from } of batch.moved) this.#handed.delete(from);
    for (const seq of batch.removed) this.#handed.delete(seq);
    for (const { seq } of batch.delivered) this.#handed.add(seq);
  }

  #writeBatch(batch: Batch): void {
    for (const stored of batch.added) this.#add(stored);
    for (const moved of batch.moved) this.#moveOne(moved);
    for (const seq of batch.removed) this.#remove(seq);
    for (const delivery of batch.delivered) this.#deliverOne(delivery);
    for (const id of batch.remembered) this.#rememberOne(id);
    if (batch.forgotten > 0) this.#forget.run(batch.forgotten);
    for (const address of batch.paused) this.#pause.run(address);
    for (const address of batch.resumed) this.#resume.run(address);
    this.#writeMoment.run(batch.moment.running, batch.moment.wall, this.#lastSeq);
  }

  #add(stored: Stored): void {
    const { seq, queue, due, message } = stored;
    this.#lastSeq = Math.max(this.#lastSeq, seq);
    const body = Buffer.from(message.body, 'latin1');
    if (!isPlain(stored)) this.#insert.run(...toRow(stored), body);
    else this.#insertPlain.run(seq, queue, message.to, message.replyTo ?? null, message.timeout, due, body);
  }

  /** SQLite carries the body over; it need not be brought here. */
  #moveOne({ from, stored }: Moved): void {
    this.#lastSeq = Math.max(this.#lastSeq, stored.seq);
    this.#move.run(...toRow(stored), from);
    if (this.#handed.has(from)) this.#undeliver.run(from);
  }

  #remove(seq: number): void {
    this.#delete.run(seq);
    if (this.#handed.has(seq)) this.#undeliver.run(seq);
  }

  #deliverOne({ seq, attempts, name, until, answered }: StoredDelivery): void {
    this.#deliver.run(attempts, name ?? null, until, answered ? 1 : 0, seq);
  }

  #rememberOne({ number, address, id, fingerprint, outcome, forgetAt }: StoredId): void {
    this.#remember.run(number, address, id, fingerprint, outcome, forgetAt);
  }
}
