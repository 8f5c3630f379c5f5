import type { Timed } from '../../domain/deadlines.js';
import type { Refusal } from '../../domain/errors.js';
import type { Access, Rights } from '../../ports/access.js';
import type { Exchange } from '../../ports/exchange.js';
import type { Ids } from '../../ports/ids.js';
import type { Journal } from '../../ports/journal.js';
import type { Log } from '../../ports/log.js';
import type { Turn } from '../../ports/turn.js';
import type { DecoderLimits } from '../../protocol/decoder.js';

/** Bytes of answers a client may leave unread before it gets no more messages. */
export const SLOW = 256 * 1024;

/** What sessions work with. */
export interface SessionParts {
  readonly exchange: Exchange;
  readonly access: Access;
  readonly turn: Turn;
  readonly ids: Ids;
  readonly log: Log;
  readonly limits: DecoderLimits;
  /** What the broker keeps across restarts, to be told. */
  readonly journal: Journal['sync'];
  readonly owner: SessionOwner;
}

/** One client's connection, whichever protocol it speaks. */
export interface Connection extends Timed {
  /** For the log. */
  readonly number: number;
  /** For its owner: when the patience with this client ends. */
  due: number;
  /** What the client may do; undefined: nothing, before it has said who it is. */
  readonly rights: Rights | undefined;
  /** Something that the client is owed, and that the broker should not stop before: a `?`, or unwritten answers. */
  readonly busy: boolean;
  /** Counts up whenever the client is heard, where it may ask for silence to be ended. */
  readonly activity: number;
  /** The first `length` bytes of `data` from the client; they are only read during the call. */
  bytes(data: Buffer, length: number): void;
  /** The client has ended its side: if it has gone altogether, nothing waits for it any more. For those that do not end with it. */
  look?(): void;
  /** Because the broker stops: takes no more commands, says what is owed, then ends. */
  leave(): void;
  /** Ends the connection now. */
  destroy(): void;
}

/** Who keeps the connections, and the time for them. */
export interface SessionOwner {
  /** The connection is over; called once. */
  closed(connection: Connection): void;
  /** The broker has said its last; the client may still be talking. Called once at most. */
  ended(connection: Connection): void;
  /** A command was refused. */
  refused(connection: Connection, refusal: Refusal): void;
  /** The client has not taken what was written; called again for each piece that it is slow to take. */
  blocked(connection: Connection): void;
  /** It has taken everything again. */
  unblocked(connection: Connection): void;
  /** The client has all it is owed, for the time being. */
  quiet(): void;
  /** The client has said who it is. */
  known(connection: Connection): void;
  /** The client lets us close the connection once it was silent for so many milliseconds. */
  mayIdle(connection: Connection, milliseconds: number): void;
}
