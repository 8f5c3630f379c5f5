import { wireAddresses, wireSeconds } from '../arguments.js';
import { Client } from '../client.js';
import type { ConnectOptions } from '../options.js';
import type { ServeOptions } from '../streams.js';
import type { Report } from './conversation.js';

/** For `serve`. Those of a connection matter only where it makes one. Times are in seconds. */
export interface HttpServeOptions
  extends Omit<ConnectOptions, 'address' | 'signal' | 'ids' | 'safeReplies'>,
    Pick<ServeOptions, 'lease'> {
  /** Of the broker, as `connect` takes it, or a client; `unix:/tmp/msglite.socket` if not given. */
  readonly broker?: ConnectOptions['address'] | Client | undefined;
  /** Where requests are taken from: one address or up to 8; `msglite.httpRequests` if not given. */
  readonly address?: string | readonly string[] | undefined;
  /** Requests that are being answered at a time, streams included; 1000 if not given. */
  readonly concurrency?: number | undefined;
  /** Takes no more; `serve` resolves when all is answered. */
  readonly signal?: AbortSignal | undefined;
  /** Whether SIGTERM does that; true if not given. A client that was given is closed then too. */
  readonly signals?: boolean | undefined;
  /** For answers that are under way when it is told to stop; what is left then is broken off. 30 if not given. */
  readonly drainTimeout?: number | undefined;
  /** Hears what a handler threw, and what no call can be told of. If not given it goes to standard error. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** The same, checked. */
export interface HttpServeSettings {
  readonly address: string | readonly string[];
  readonly broker: ConnectOptions['address'] | Client;
  /** Milliseconds. */
  readonly drainTimeout: number;
  readonly concurrency: number;
  readonly signals: boolean;
  readonly report: Report;
}

/** @throws MsgliteError `bad-argument` */
export function httpSettingsOf(options: HttpServeOptions): HttpServeSettings {
  const { broker = 'unix:/tmp/msglite.socket', address = 'msglite.httpRequests' } = options;
  const { concurrency = 1000, signals = true, drainTimeout = 30, onError = console.error } = options;
  wireAddresses(address);
  return {
    broker,
    address,
    drainTimeout: wireSeconds('drainTimeout', drainTimeout),
    concurrency,
    signals,
    report: (error) => onError(error),
  };
}
