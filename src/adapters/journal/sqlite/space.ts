import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Stored } from '../../../ports/journal.js';

/** Bytes of a page of the database; what SQLite takes by itself. */
export const PAGE = 4096;

/** Bytes for what a commit changes besides its messages. */
const MARGIN = 64 * 1024;

/** Bytes that a message takes beside its body, at most. */
const ROW = 700;

/** What the journal's own files have to give, in bytes. */
export interface Inside {
  /** Of the log's file, to be written over. */
  readonly log: number;
  /** Of the database, in pages that hold nothing any more. */
  readonly free: number;
}

/**
 * Whether there is space for these messages, and for the log to be moved into the database after them. Were that last
 * bit of the disk given away, the log could be neither moved nor written on: the ends of messages, which are what makes
 * room, could not be written either, and a disk filled by the journal alone would stay full for ever.
 * @param waiting bytes of the log that are not in the database yet
 */
export function hasRoom(file: string, waiting: number, added: readonly Stored[], inside: Inside): boolean {
  if (added.length === 0) return true;
  let bytes = 0;
  for (const { message } of added) bytes += message.body.length + ROW;
  const { blocks, bavail, bsize } = statfsSync(dirname(file));
  // Some file systems don't tell.
  if (blocks === 0) return true;
  return bavail * bsize >= waiting + Math.max(0, bytes + MARGIN - inside.log) + Math.max(0, bytes - inside.free);
}
