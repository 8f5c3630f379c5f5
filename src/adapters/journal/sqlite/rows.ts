import { ATTEMPTS, Message, type SendOptions, STANDARD } from '../../../domain/message.js';
import type { Stored } from '../../../ports/journal.js';

/** The columns of `messages`, in the order of `Row`. */
export const COLUMNS =
  'seq, queue, address, at, reply_to, timeout, due, ready, attempts, fingerprint, id, delay, most, once, dead, receipt_done, body';

/** A row of `messages`: `COLUMNS`. */
export type Row = [
  seq: number,
  queue: string,
  address: string,
  at: string | null,
  replyTo: string | null,
  timeout: number,
  due: number,
  ready: number,
  attempts: number,
  fingerprint: number,
  id: string | null,
  delay: number,
  most: number | null,
  once: number,
  dead: string | null,
  receiptDone: number,
  body: Buffer,
];

/** A message as its row has it. */
export function fromRow(row: readonly [...Row, ...unknown[]]): Stored {
  const [seq, queue, address, at, replyTo, timeout, due, ready, attempts, fingerprint] = row;
  const message = new Message(address, replyTo ?? undefined, row[16].toString('latin1'), timeout, optionsOf(row));
  return { seq, queue, at: at ?? address, due, ready, attempts, fingerprint, message };
}

/** The row of a message, without its body. */
export function toRow(stored: Stored): (string | number | null)[] {
  const { seq, queue, at, due, ready, attempts, fingerprint, message } = stored;
  const { to, replyTo, timeout, options } = message;
  const moved = at === to ? null : at;
  return [seq, queue, to, moved, replyTo ?? null, timeout, due, ready, attempts, fingerprint, ...fromOptions(options)];
}

/** Whether all of a row that has a usual value has it: then it need not be written. */
export function isPlain({ at, ready, attempts, fingerprint, message }: Stored): boolean {
  return at === message.to && message.options === STANDARD && ready === 0 && attempts === 0 && fingerprint === 0;
}

function fromOptions({ id, delay, attempts, once, dead, receipt }: SendOptions): (string | number | null)[] {
  const most = attempts === ATTEMPTS ? null : attempts;
  return [id ?? null, delay, most, once ? 1 : 0, dead ?? null, receipt === 'done' ? 1 : 0];
}

function optionsOf(row: readonly [...Row, ...unknown[]]): SendOptions {
  const [id, delay, most, once, dead, receiptDone] = [row[10], row[11], row[12], row[13], row[14], row[15]];
  if (id === null && delay === 0 && most === null && once === 0 && dead === null && receiptDone === 0) return STANDARD;
  return {
    id: id ?? undefined,
    delay,
    attempts: most ?? ATTEMPTS,
    once: once === 1,
    dead: dead ?? undefined,
    receipt: receiptDone === 1 ? 'done' : 'taken',
  };
}
