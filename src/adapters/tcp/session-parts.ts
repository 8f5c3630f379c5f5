import type { Refusal } from '../../domain/errors.js';
import type { Exchange } from '../../ports/exchange.js';
import type { Log } from '../../ports/log.js';
import type { Turn } from '../../ports/turn.js';
import type { DecoderLimits } from '../../protocol/decoder.js';
import type { Session } from './session.js';

/** What sessions work with. */
export interface SessionParts {
  readonly exchange: Exchange;
  readonly turn: Turn;
  readonly log: Log;
  readonly limits: DecoderLimits;
  readonly owner: SessionOwner;
}

/** Who keeps the sessions, and the time for them. */
export interface SessionOwner {
  /** The connection is over; called once. */
  closed(session: Session): void;
  /** The session has said its last; the client may still be talking. Called once at most. */
  ended(session: Session): void;
  /** A command was refused, and the connection will end. */
  refused(session: Session, refusal: Refusal): void;
  /** The client has not taken what was written; called again for each piece that it is slow to take. */
  blocked(session: Session): void;
  /** It has taken everything again. */
  unblocked(session: Session): void;
  /** The client has all it is owed, for the time being. */
  quiet(): void;
}
