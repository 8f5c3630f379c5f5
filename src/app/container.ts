import { readFileSync } from 'node:fs';
import { container, type DependencyContainer, instanceCachingFactory } from 'tsyringe';
import { OpenAccess } from '../adapters/access/open.js';
import { TokenFile } from '../adapters/access/token-file.js';
import { BROKER_SETTINGS, type BrokerSettings, RemoteExchange } from '../adapters/broker/exchange.js';
import { SystemClock } from '../adapters/clock/system.js';
import { SystemTurn } from '../adapters/clock/turn.js';
import { HTTP_SETTINGS, HttpProxy, type HttpSettings } from '../adapters/http/proxy.js';
import { RandomIds } from '../adapters/ids/random.js';
import { MemoryJournal } from '../adapters/journal/memory/journal.js';
import { SqliteJournal } from '../adapters/journal/sqlite/journal.js';
import { LOG_SETTINGS, type LogSettings, WinstonLog } from '../adapters/log/winston.js';
import { listen, listenOnInherited, showAddress } from '../adapters/tcp/listen.js';
import { TCP_SETTINGS, TcpServer, type TcpSettings } from '../adapters/tcp/server.js';
import { LocalExchange } from '../domain/exchange.js';
import type { Access } from '../ports/access.js';
import type { Clock } from '../ports/clock.js';
import type { Ids } from '../ports/ids.js';
import type { Journal } from '../ports/journal.js';
import type { Log } from '../ports/log.js';
import { ACCESS, CLOCK, EXCHANGE, IDS, JOURNAL, LOG, TURN } from '../ports/tokens.js';
import type { Turn } from '../ports/turn.js';
import type { LinkOptions } from './options/link.js';
import type { BrokerOptions, HttpOptions, LogOptions, ProxyOptions, UpOptions } from './options.js';

export const TCP_SERVER = Symbol('TcpServer');
/** Registered only where the options ask for a proxy. */
export const HTTP_PROXY = Symbol('HttpProxy');
/** A `Trouble`: where what ends the broker is reported. */
export const TROUBLE = Symbol('Trouble');

/** Carries what ends a broker from where it happens to where it is handled. */
export class Trouble {
  #report: (error: Error) => void = () => undefined;
  /** The first error reported, if there was one. */
  error: Error | undefined;
  /** Resolves with the first error reported. */
  readonly first = new Promise<Error>((resolve) => {
    this.#report = resolve;
  });

  report(error: Error): void {
    this.error ??= error;
    this.#report(error);
  }
}

/**
 * All parts of one broker, in a container of its own; nothing is made before it is asked for. A test replaces what it
 * wants to: `buildContainer(options).register(JOURNAL, { useValue: journal })`.
 */
export function buildContainer(options: BrokerOptions): DependencyContainer {
  const parts = commonParts(options.log);
  once(parts, TROUBLE, () => new Trouble());
  once<Journal>(parts, JOURNAL, () => makeJournal(options.journal));
  once<Access>(parts, ACCESS, () => makeAccess(options.access));
  once(parts, EXCHANGE, (from) => makeExchange(from, options));

  parts.register(TCP_SETTINGS, { useValue: tcpSettings(options) });
  once(parts, TCP_SERVER, (from) => from.resolve(TcpServer));
  if (options.http !== undefined) {
    const { listen: address } = options.http;
    registerProxy(parts, options.http, (server) => listen(server, address));
  }
  return parts;
}

/** All parts of an HTTP proxy in a process of its own. */
export function buildProxyContainer({ broker, http, socket, log }: ProxyOptions): DependencyContainer {
  const parts = commonParts(log);
  parts.register(BROKER_SETTINGS, { useValue: remoteSettings(broker) });
  once(parts, EXCHANGE, (from) => from.resolve(RemoteExchange));
  registerProxy(parts, http, (server) =>
    socket === undefined ? listen(server, http.listen) : listenOnInherited(server, socket),
  );
  return parts;
}

/** @throws if a file can't be read */
function remoteSettings({ at, token, tls }: LinkOptions): BrokerSettings {
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file));
  return { at, token, tls: tls && { ca: read(tls.ca), cert: read(tls.cert), key: read(tls.key) } };
}

/** What a supervisor needs. */
export function buildSupervisorContainer({ log }: UpOptions['broker']): DependencyContainer {
  return commonParts(log);
}

function commonParts(log: LogOptions): DependencyContainer {
  const parts = container.createChildContainer();
  once<Clock>(parts, CLOCK, () => new SystemClock());
  once<Turn>(parts, TURN, () => new SystemTurn());
  once<Ids>(parts, IDS, () => new RandomIds());
  parts.register<LogSettings>(LOG_SETTINGS, { useValue: { ...log, stream: process.stderr } });
  once<Log>(parts, LOG, (from) => from.resolve(WinstonLog));
  return parts;
}

function registerProxy(parts: DependencyContainer, http: HttpOptions, listen: HttpSettings['listen']): void {
  const { listen: address, ...settings } = http;
  parts.register<HttpSettings>(HTTP_SETTINGS, { useValue: { ...settings, at: showAddress(address), listen } });
  once(parts, HTTP_PROXY, (from) => from.resolve(HttpProxy));
}

function once<T>(parts: DependencyContainer, token: symbol, make: (from: DependencyContainer) => T): void {
  parts.register(token, { useFactory: instanceCachingFactory(make) });
}

function makeJournal(journal: BrokerOptions['journal']): Journal {
  return journal === undefined ? new MemoryJournal() : new SqliteJournal(journal.file, journal.sync);
}

function makeAccess({ tokens, on }: BrokerOptions['access']): Access {
  return tokens === undefined ? new OpenAccess() : new TokenFile(tokens, on);
}

function makeExchange(from: DependencyContainer, { limits }: BrokerOptions): LocalExchange {
  const trouble = from.resolve<Trouble>(TROUBLE);
  return new LocalExchange({
    clock: from.resolve<Clock>(CLOCK),
    turn: from.resolve<Turn>(TURN),
    ids: from.resolve<Ids>(IDS),
    journal: from.resolve<Journal>(JOURNAL),
    limits,
    journalFailed: (cause) => trouble.report(new Error(`the journal failed: ${cause.message}`, { cause })),
  });
}

function tcpSettings({ listen, tls, access, limits }: BrokerOptions): TcpSettings {
  return {
    listen,
    tls,
    authTimeout: access.timeout,
    maxLine: limits.line,
    maxBody: limits.body,
    maxConnections: limits.connections,
    writeTimeout: limits.writeTimeout,
  };
}
