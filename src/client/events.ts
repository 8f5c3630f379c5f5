import type { MsgliteError } from './errors.js';
import type { LeasedMessage } from './message.js';

/** A connection is there. */
export interface Connected {
  /** Of the broker, as `connect` takes it. */
  readonly address: string;
}

/** The connection is gone, and another one is being made. */
export interface Disconnected {
  readonly reason: MsgliteError;
  /** Sends without a receipt, flushes and control commands: they are said again, but for what can't be repeated. */
  readonly unanswered: number;
  /** Receives that are taken up again. */
  readonly receives: number;
  readonly queries: number;
  /** Leased messages that are not done. */
  readonly deliveries: number;
}

/** A connection is there again. */
export interface Reconnected extends Connected {
  /** How many times all addresses were tried in vain before. */
  readonly failed: number;
  /** Seconds without one. */
  readonly away: number;
}

/** All addresses were tried in vain. */
export interface Retry {
  readonly reason: MsgliteError;
  /** Seconds until the next attempt. */
  readonly pause: number;
}

/** What a client tells of itself, with its arguments. */
export interface ClientEvents {
  /** Each time, the first included. */
  connect: [Connected];
  disconnect: [Disconnected];
  /** After `connect`, from the second time on. */
  reconnect: [Reconnected];
  retry: [Retry];
  /** What no call can be told of. Without a listener it becomes a warning of the process. */
  error: [Error];
  /** What a handler of `serve` threw. Without a listener it becomes a warning of the process. */
  handlerFailed: [unknown, LeasedMessage];
  /**
   * The lease of a message was lost: it comes again, here or elsewhere. `late`: it had been finished when that became known.
   */
  leaseLost: [LeasedMessage, late: boolean];
}
