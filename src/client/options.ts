import { type Endpoint, parseEndpoints } from './address.js';
import { bad, wireSeconds } from './arguments.js';
import type { TlsOptions } from './link/dial.js';
import type { LinkSettings } from './link/link.js';
import { Names } from './sends.js';

/** How a client connects, and what it does while it can't. Times are in seconds. */
export interface ConnectOptions {
  /** `unix:/path`, `tcp:host:port`, or the same in parts. Several, in an array or separated by commas, are tried in turn. */
  readonly address: string | Endpoint | readonly (string | Endpoint)[];
  /** Ends the attempt to connect. */
  readonly signal?: AbortSignal | undefined;
  /** For brokers that require one. */
  readonly token?: string | undefined;
  /** For brokers that speak TLS on TCP; `true`: with the certificates that Node trusts. */
  readonly tls?: TlsOptions | boolean | undefined;
  /** Begins the ids that the client gives to messages. */
  readonly name?: string | undefined;
  /** Whether the first connection is waited for, instead of failing at once; false if not given. */
  readonly wait?: boolean | undefined;
  /** For one attempt, with the answer to our hello; 10 if not given. */
  readonly connectTimeout?: number | undefined;
  /** Pauses between attempts: the first is at most `min`, 0.05; it doubles up to `max`, 5. */
  readonly reconnect?:
    | {
        readonly min?: number | undefined;
        readonly max?: number | undefined;
        /** 0 to 1, 1 if not given: the part of each pause that chance decides. */
        readonly jitter?: number | undefined;
      }
    | undefined;
  /** What waits while there is no connection: 100,000 messages and 64 MiB at most, if not given. More is refused: `full`. */
  readonly maxBuffered?: { readonly messages?: number | undefined; readonly bytes?: number | undefined } | undefined;
  /**
   * Silence after which the broker is taken for dead and another connection is made; 0: never. If not given, 60 where an
   * address is TCP, never otherwise: of the end of a process on the same machine the system tells.
   */
  readonly idle?: number | undefined;
  /**
   * Whether sends without an id of their own get one; true if not given. Without, a send that had no receipt when the
   * connection was lost fails with `connection-lost`.
   */
  readonly ids?: boolean | undefined;
  /** Whether answers to queries come under a lease, so that none is lost with a connection; true if not given. */
  readonly safeReplies?: boolean | undefined;
  /** Hears what no call can be told of; the same as a listener for `error`. */
  readonly onError?: ((error: Error) => void) | undefined;
}

/** The same, checked. */
export interface Settings {
  readonly link: LinkSettings;
  readonly names: Names | undefined;
  readonly safeReplies: boolean;
  readonly wait: boolean;
}

/** @throws MsgliteError `bad-argument` */
export function settingsOf(options: ConnectOptions): Settings {
  const { token, tls, connectTimeout = 10, ids = true, safeReplies = true, wait = false } = options;
  const endpoints = endpointsOf(options.address);
  if (token !== undefined && !/^[^\s=]+$/.test(token)) throw bad('a token is one word without "="');
  const { min = 0.05, max = 5, jitter = 1 } = options.reconnect ?? {};
  if (!(jitter >= 0 && jitter <= 1)) throw bad(`jitter is a number from 0 to 1, not ${jitter}`);
  const { messages = 100_000, bytes = 64 * 1024 * 1024 } = options.maxBuffered ?? {};
  if (!(messages >= 0 && bytes >= 0)) throw bad('maxBuffered is numbers of messages and bytes, 0 or more');
  const idle = wireSeconds('idle', options.idle ?? (endpoints.some((endpoint) => 'host' in endpoint) ? 60 : 0));
  const link = {
    endpoints,
    token,
    tls: tls === true ? {} : tls === false ? undefined : tls,
    connectTimeout: wireSeconds('connectTimeout', connectTimeout, 1),
    idle: idle === 0 ? undefined : idle,
    backoff: { min: wireSeconds('reconnect.min', min), max: wireSeconds('reconnect.max', max), jitter },
    buffer: { messages, bytes },
  };
  return { link, safeReplies, wait, names: ids ? new Names(options.name) : undefined };
}

function endpointsOf(address: ConnectOptions['address']): readonly Endpoint[] {
  const list: readonly (string | Endpoint)[] = Array.isArray(address) ? address : [address as string | Endpoint];
  const endpoints = list.flatMap((one): readonly Endpoint[] => {
    const parsed = typeof one === 'string' ? parseEndpoints(one) : [one];
    if (parsed === undefined) throw bad(`${JSON.stringify(one)} is neither unix:/path nor tcp:host:port`);
    return parsed;
  });
  if (endpoints.length === 0) throw bad('at least one address is needed');
  return endpoints;
}
