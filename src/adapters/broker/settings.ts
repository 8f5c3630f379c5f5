import type { Endpoint } from '../../client/address.js';
import type { TlsOptions } from '../../client/link/dial.js';
import type { LinkSettings } from '../../client/link/link.js';

export const BROKER_SETTINGS = Symbol('BrokerSettings');

/** Where a broker is that runs in another process, and how it lets us in. */
export interface BrokerSettings {
  /** Tried in turn. */
  readonly at: readonly Endpoint[];
  readonly token: string | undefined;
  /** For all TCP addresses; undefined: they are without. */
  readonly tls: TlsOptions | undefined;
}

/** Milliseconds and bytes. */
const CONNECT_TIMEOUT = 10_000;
const IDLE = 60_000;
const BACKOFF = { min: 50, max: 5000, jitter: 1 };
const BUFFER = { messages: 100_000, bytes: 64 * 1024 * 1024 };

/** For the link. */
export function linkSettings({ at, token, tls }: BrokerSettings): LinkSettings {
  const idle = at.some((endpoint) => 'host' in endpoint) ? IDLE : undefined;
  return { endpoints: at, token, tls, connectTimeout: CONNECT_TIMEOUT, idle, backoff: BACKOFF, buffer: BUFFER };
}
