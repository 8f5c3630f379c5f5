import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Batch, Stored } from '../../../ports/journal.js';

/** Bytes of a page of the database; what SQLite takes by itself. */
export const PAGE = 4096;

/**
 * Bytes that no message is given, so that ends of messages, deliveries and ids can be written when the disk is full
 * otherwise: as much as the log holds before it is moved. Of a small disk, `PART` of all there is.
 */
const MARGIN = 4 * 1024 * 1024;
const PART = 1 / 16;

/** Bytes that a message takes beside its texts and its body, in the table and in all indexes, at most. */
const ROW = 200;

/** How often one text may be kept, in the table and in indexes, and in two bytes for one. */
const COPIES = 4;

/** What the journal's own files have to give, in bytes. */
export interface Inside {
  /** Of the log's file, to be written over. */
  readonly log: number;
  /** Of the database, in pages that hold nothing any more. */
  readonly free: number;
}

/**
 * Whether there is space for what this batch adds, and for the log to be moved into the database after it. Were the last
 * bit of the disk given away, the log could be neither moved nor written on: the ends of messages, which are what makes
 * room, could not be written either, and a disk filled by the journal alone would stay full for ever.
 * @param waiting bytes of the log that are not in the database yet
 */
export function hasRoom(file: string, waiting: number, { added, moved }: Batch, inside: Inside): boolean {
  if (added.length === 0) return true;
  let bytes = 0;
  for (const stored of added) bytes += bytesOf(stored);
  for (const { stored } of moved) bytes += bytesOf(stored);
  const { blocks, bavail, bsize } = statfsSync(dirname(file));
  // Some file systems don't tell.
  if (blocks === 0) return true;
  const margin = Math.min(MARGIN, blocks * bsize * PART);
  return bavail * bsize >= waiting + Math.max(0, bytes + margin - inside.log) + Math.max(0, bytes - inside.free);
}

/** What a message takes at most, a page that is half empty because the next one did not fit in included. */
function bytesOf({ queue, at, message }: Stored): number {
  const { to, replyTo, body, options } = message;
  const texts = queue.length + at.length + to.length + (replyTo?.length ?? 0);
  const more = (options.id?.length ?? 0) + (options.dead?.length ?? 0);
  const row = body.length + COPIES * (texts + more) + ROW;
  return row + Math.min(row, PAGE);
}
