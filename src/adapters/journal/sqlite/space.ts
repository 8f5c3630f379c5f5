import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Batch, Stored } from '../../../ports/journal.js';

/** Bytes of a page of the database; what SQLite takes by itself. */
export const PAGE = 4096;

/**
 * Bytes that new messages leave, in the log and in the database each, so that ends of messages, deliveries and ids can be
 * written when these are refused: as much as the log holds before it is moved. Of a small disk, `PART` of all there is.
 */
const MARGIN = 4 * 1024 * 1024;
const PART = 1 / 16;

/** Bytes that a message, a delivery or an id takes beside its texts and its body, in all tables and indexes, at most. */
const ROW = 200;

/** How often one text may be kept, in the table and in indexes, and in two bytes for one. */
const COPIES = 4;

/** How it is inside the journal's own files, in bytes. */
export interface Inside {
  /** Of the log, not in the database yet. */
  readonly waiting: number;
  /** Of the log's file, to be written over. */
  readonly log: number;
  /** Of the database, in pages that hold nothing any more. */
  readonly free: number;
}

/**
 * Whether there is space for so many bytes, and for the log to be moved into the database after them. Were the last bit
 * of the disk given away, the log could be neither moved nor written on: the ends of messages, which are what makes room,
 * could not be written either, and a disk filled by the journal alone would stay full for ever.
 */
export function hasRoom(file: string, bytes: number, inside: Inside, margin: 'with margin' | 'without'): boolean {
  const { blocks, bavail, bsize } = statfsSync(dirname(file));
  // Some file systems don't tell.
  if (blocks === 0) return true;
  const most = bytes + (margin === 'without' ? 0 : Math.min(MARGIN, blocks * bsize * PART));
  return bavail * bsize >= inside.waiting + Math.max(0, most - inside.log) + Math.max(0, most - inside.free);
}

/** By how much a batch may make the database grow. */
export function bytesOf({ added, moved, delivered, remembered }: Batch): number {
  let bytes = (delivered.length + remembered.length) * ROW;
  for (const stored of added) bytes += bytesOfMessage(stored);
  for (const { stored } of moved) bytes += bytesOfMessage(stored);
  for (const { address, id } of remembered) bytes += COPIES * (address.length + id.length);
  return bytes;
}

/** A page that is half empty because the next message did not fit in included. */
function bytesOfMessage({ queue, at, message }: Stored): number {
  const { to, replyTo, body, options } = message;
  const texts = queue.length + at.length + to.length + (replyTo?.length ?? 0);
  const more = (options.id?.length ?? 0) + (options.dead?.length ?? 0);
  const row = body.length + COPIES * (texts + more) + ROW;
  return row + Math.min(row, PAGE);
}
