import { getHeapStatistics } from 'node:v8';
import { defaultRoute, type RouteOptions } from '../adapters/http/routes.js';
import type { HttpLimits, HttpSettings } from '../adapters/http/settings.js';
import type { ListenAddress } from '../adapters/tcp/listen.js';
import { type Endpoint, parseHostAndPort } from '../client/address.js';
import type { QueueLimits } from '../domain/limits.js';
import { type AccessOptions, accessOptions, refuseOpenTcp, type TlsOptions, tlsOptions } from './options/access.js';
import { type LinkOptions, linkOptions, ownLinkOptions } from './options/link.js';
import { type Resolved, resolve } from './options/resolve.js';
import type { Flags } from './options/sources.js';
import { type Audience, type OptionName, optionOf, type Values } from './options/table.js';
import { UsageError } from './usage.js';

/** What a broker is to be. Times are in milliseconds, sizes in bytes. */
export interface BrokerOptions {
  readonly listen: readonly ListenAddress[];
  /** Undefined: no HTTP proxy. */
  readonly http: HttpOptions | undefined;
  /** Undefined: nothing is kept across restarts. */
  readonly journal: JournalOptions | undefined;
  readonly access: AccessOptions;
  /** For all TCP addresses; undefined: none. */
  readonly tls: TlsOptions | undefined;
  readonly limits: BrokerLimits;
  readonly sockets: SocketsOption;
  readonly log: LogOptions;
  /** What is in flight when the broker is to stop has so long to finish. */
  readonly drainTimeout: number;
}

/** What an HTTP proxy in a process of its own is to be. */
export interface ProxyOptions {
  readonly broker: LinkOptions;
  readonly http: HttpOptions;
  /** Descriptor of a socket that listens there already, inherited; undefined: there is none. */
  readonly socket: number | undefined;
  readonly sockets: SocketsOption;
  readonly log: LogOptions;
  readonly drainTimeout: number;
}

/** What a broker and its proxies under a supervisor are to be. */
export interface UpOptions {
  readonly broker: BrokerOptions;
  /** Of each. */
  readonly proxy: ProxyOptions;
  /** How many. */
  readonly proxies: number;
}

/** The proxy's settings, but for what is made of them. */
export interface HttpOptions extends Omit<HttpSettings, 'listen' | 'accept' | 'at'> {
  readonly listen: ListenAddress;
  readonly limits: Partial<HttpLimits>;
}

export interface JournalOptions {
  readonly file: string;
  readonly sync: 'full' | 'normal';
}

/** Who reads and writes connections without TLS: the native part, Node.js alone, or the first where it was built. */
export type SocketsOption = 'auto' | 'native' | 'node';

export interface LogOptions {
  readonly level: 'minimal' | 'info' | 'debug';
  readonly format: 'text' | 'json';
}

export interface BrokerLimits extends QueueLimits {
  readonly line: number;
  readonly body: number;
  readonly connections: number;
  /** For the next 64 KiB of its answers, before a client is closed. */
  readonly writeTimeout: number;
}

const BROKER_DEFAULTS = { unix: '/tmp/msglite.socket', tcp: '127.0.0.1:9813' };
const HTTP_DEFAULTS = { unix: '/tmp/msglite.http.socket', tcp: '127.0.0.1:8080' };

/** Who reads the options. */
type Reader = 'broker' | 'http' | 'up' | 'commands';

const UNDERSTOOD: Readonly<Record<Reader, readonly Audience[]>> = {
  broker: ['broker', 'proxies'],
  http: ['proxies', 'commands', 'clients'],
  up: ['broker', 'proxies', 'clients', 'up'],
  commands: ['commands', 'clients'],
};

const MEANT_FOR: Readonly<Record<Audience, string>> = {
  broker: 'is for the broker only',
  proxies: 'is for the broker, http and up',
  commands: 'is for send, ready, query and http',
  clients: 'is for send, ready, query, http and up',
  up: 'is for up only',
};

/**
 * What flags, environment, configuration file and defaults make together; frozen.
 * @throws UsageError naming the option, where it was given, and what was expected
 */
export function brokerOptions(flags: Flags, environment: NodeJS.ProcessEnv): BrokerOptions {
  const resolved = read(flags, environment, 'broker');
  const { given } = resolved;
  const http = given.has('http-network') || given.has('http-address') ? httpOptions(resolved) : undefined;
  return deepFreeze({ ...broker(resolved), http });
}

/**
 * The same for an HTTP proxy in a process of its own.
 * @throws UsageError as `brokerOptions` does, and if a flag was given that only a broker understands
 */
export function proxyOptions(flags: Flags, environment: NodeJS.ProcessEnv): ProxyOptions {
  const resolved = read(flags, environment, 'http');
  return deepFreeze(proxy(resolved, linkOptions(resolved.values, brokersOf(resolved))));
}

/**
 * The same for a broker with proxies beside it.
 * @throws UsageError as `brokerOptions` does
 */
export function upOptions(flags: Flags, environment: NodeJS.ProcessEnv): UpOptions {
  const resolved = read(flags, environment, 'up');
  const own = broker(resolved);
  return deepFreeze({
    broker: own,
    proxy: proxy(resolved, ownLinkOptions(resolved.values, own.listen)),
    proxies: resolved.values['http-proxies'],
  });
}

/**
 * How a command reaches the broker: at `--broker`, otherwise where a broker with the same options would listen first.
 * @throws UsageError as `brokerOptions` does, and if a flag was given that only a broker understands
 */
export function brokerLink(flags: Flags, environment: NodeJS.ProcessEnv): LinkOptions {
  const resolved = read(flags, environment, 'commands');
  return linkOptions(resolved.values, brokersOf(resolved));
}

function read(flags: Flags, environment: NodeJS.ProcessEnv, reader: Reader): Resolved {
  const resolved = resolve(flags, environment);
  for (const name of Object.keys(flags)) {
    if (name === 'config') continue;
    const { only } = optionOf(name as OptionName);
    if (only !== undefined && !UNDERSTOOD[reader].includes(only)) throw new UsageError(`--${name} ${MEANT_FOR[only]}`);
  }
  return resolved;
}

function broker(resolved: Resolved): BrokerOptions {
  const { values } = resolved;
  const listen = listenAddresses(resolved);
  const [access, tls] = [accessOptions(values), tlsOptions(values)];
  if (!values.insecure) refuseOpenTcp(listen, tls, access);
  return {
    listen,
    http: undefined,
    journal: values.journal === undefined ? undefined : { file: values.journal, sync: values['journal-sync'] },
    access,
    tls,
    limits: limits(values),
    sockets: values.sockets,
    log: logOptions(values),
    drainTimeout: values['drain-timeout'],
  };
}

function proxy(resolved: Resolved, link: LinkOptions): ProxyOptions {
  const { values } = resolved;
  return {
    broker: link,
    http: httpOptions(resolved),
    socket: undefined,
    sockets: values.sockets,
    log: logOptions(values),
    drainTimeout: values['drain-timeout'],
  };
}

function brokersOf(resolved: Resolved): readonly Endpoint[] {
  return resolved.values.broker ?? listenAddresses(resolved).slice(0, 1);
}

function logOptions(values: Values): LogOptions {
  return { level: values.loglevel, format: values['log-format'] };
}

function listenAddresses(resolved: Resolved): ListenAddress[] {
  const { values, given } = resolved;
  const mode = values['socket-mode'];
  const listed = values.listen ?? [];
  const original = given.has('network') || given.has('address') || listed.length === 0;
  const endpoints = [...(original ? [endpointOf(resolved, 'network', 'address', BROKER_DEFAULTS)] : []), ...listed];
  return endpoints.map((endpoint) => withMode(endpoint, mode));
}

function httpOptions(resolved: Resolved): HttpOptions {
  const { values } = resolved;
  return {
    listen: withMode(endpointOf(resolved, 'http-network', 'http-address', HTTP_DEFAULTS), values['socket-mode']),
    routes: routes(values),
    envelope: values['http-envelope'],
    timeout: values['http-timeout'],
    queueTimeout: queueTimeout(values),
    maxBody: values['http-max-body'],
    redeliver: values['http-redeliver'],
    trust: values['trust-proxy'] ?? [],
    limits: {
      connections: values['http-connections'],
      headTimeout: values['http-head-timeout'],
      bodyTimeout: values['http-body-timeout'],
      bodyRate: values['http-body-rate'],
      writeTimeout: values['http-write-timeout'],
      idle: values['http-idle-timeout'] ?? Number.POSITIVE_INFINITY,
      keepAlive: values['http-keep-alive'],
    },
  };
}

/** What matches none goes nowhere, unless an address for the rest is given too. */
function routes(values: Values): readonly RouteOptions[] {
  const listed = values['http-route'] ?? [];
  const rest = values['http-msg-address'];
  if (listed.length > 0 && rest === undefined) return listed;
  return [...listed, defaultRoute(rest ?? 'msglite.httpRequests')];
}

/** One that is no shorter than the time for the answer changes nothing. */
function queueTimeout(values: Values): number | undefined {
  const time = values['http-queue-timeout'];
  return time !== undefined && time < values['http-timeout'] ? time : undefined;
}

function withMode(endpoint: Endpoint, mode: number): ListenAddress {
  return 'path' in endpoint ? { ...endpoint, mode } : endpoint;
}

/** The original's way: two options, of which the first says what the second means. */
function endpointOf(
  { values, given }: Resolved,
  network: 'network' | 'http-network',
  address: 'address' | 'http-address',
  defaults: { readonly unix: string; readonly tcp: string },
): Endpoint {
  const kind = values[network] ?? 'tcp';
  const text = values[address] ?? defaults[kind];
  if (kind === 'unix') return { path: text };
  const endpoint = parseHostAndPort(text);
  if (endpoint !== undefined) return endpoint;
  throw new UsageError(
    `${given.get(address)?.where}: ${JSON.stringify(text)} is not valid, expected HOST:PORT, or --${network} unix`,
  );
}

function limits(values: Values): BrokerLimits {
  const bytes = values['max-bytes'] ?? Math.floor(getHeapStatistics().heap_size_limit / 2);
  return {
    queueMessages: values['max-queue-messages'],
    queueBytes: values['max-queue-bytes'] ?? Math.floor(0.75 * bytes),
    messages: values['max-messages'],
    bytes,
    memory: values['journal-memory'],
    ids: values['max-ids'],
    deadLifetime: values['dead-lifetime'],
    line: values['max-line'],
    body: values['max-body'],
    connections: values['max-connections'],
    writeTimeout: values['write-timeout'],
  };
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) deepFreeze(part);
  }
  return Object.freeze(value);
}
