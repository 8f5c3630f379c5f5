import { wireAddresses, wireCount, wireSeconds } from './arguments.js';
import type { WantedStream } from './link/taking.js';

/** For `Client.receive`. */
export interface ReceiveOptions {
  /** Seconds for which each message is ours, unless it is kept for longer; 30 if not given. */
  readonly lease?: number | undefined;
  /** Messages that are ours at a time; 1 if not given. */
  readonly concurrency?: number | undefined;
  /** Messages in all; no end if not given. */
  readonly count?: number | undefined;
  /** Seconds for the whole; no end if not given. With 0 it takes what is there. */
  readonly timeout?: number | undefined;
  /** Ends it with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** For `Client.serve`. */
export interface ServeOptions {
  /** Handlers at work at a time; 1 if not given. */
  readonly concurrency?: number | undefined;
  /** Seconds, extended for as long as the handler works; 30 if not given. */
  readonly lease?: number | undefined;
  /** Takes no more; `serve` resolves when the handlers are done. */
  readonly signal?: AbortSignal | undefined;
  /** Whether SIGTERM does that, and closes the client then; true if not given. */
  readonly signals?: boolean | undefined;
  /**
   * Seconds before a message on which a handler failed comes again, perhaps for each of its attempts. If not given 1, 2, 4, …
   * 60 at most.
   */
  readonly retryDelay?: number | ((attempt: number, error: unknown) => number) | undefined;
  /** Of replies, in seconds; 60 if not given. */
  readonly timeout?: number | undefined;
}

const LEASE = 30;
const LONGEST_DELAY = 60;

/**
 * As it goes on the wire.
 * @throws MsgliteError `bad-argument`
 */
export function wantedStream(addresses: string | readonly string[], options: ReceiveOptions): WantedStream {
  const { lease = LEASE, concurrency = 1, count = Number.POSITIVE_INFINITY, timeout } = options;
  return {
    addresses: wireAddresses(addresses),
    lease: wireSeconds('a lease', lease, 1),
    concurrency: wireCount('concurrency', concurrency),
    count: wireCount('count', count),
    timeout: timeout === undefined ? Number.POSITIVE_INFINITY : wireSeconds('a timeout', timeout),
  };
}

/** A function, whatever was given. */
export function retryDelayOf(given: ServeOptions['retryDelay']): (attempt: number, error: unknown) => number {
  if (typeof given === 'function') return given;
  if (given === undefined) return (attempt) => Math.min(LONGEST_DELAY, 2 ** (attempt - 1));
  return () => given;
}
