import type { Delivery } from '../../ports/exchange.js';
import type { Problem } from './problem.js';
import type { Replies } from './replies.js';
import type { OpenRequest } from './request.js';

/** Who keeps the open requests. */
export interface RequestOwner {
  /** No request is to follow on the connections there are. */
  readonly stopping: boolean;
  /** Bytes of a reply that may wait for a slow client before they are written. */
  readonly maxHeld: number;
  readonly replies: Replies;
  settle(delivery: Delivery): void;
  /** So many bytes of its reply wait for its client. May close any client. */
  held(request: OpenRequest, bytes: number): void;
  /** They were taken, or will never be. */
  released(request: OpenRequest, bytes: number): void;
  /** The request can't be carried on; its connection is to be closed with these words. */
  unreadable(request: OpenRequest, problem: Problem): void;
  /** The first of the reply has come. */
  replyBegun(request: OpenRequest): void;
  /** Has `late` called again at its time, for an answer or the next piece of it, counted from a moment; false: that is past. */
  awaitFrom(request: OpenRequest, since: number): boolean;
  /** Calls `flush` when all that comes in this turn has come. */
  flushLater(request: OpenRequest): void;
  /** A handler did what makes no sense. */
  handlerFailed(request: OpenRequest, why: string): void;
  /** Nothing more is to be done for it. `inVain`: a handler may still be at work, and nobody waits for it. */
  over(request: OpenRequest, inVain: boolean): void;
}
