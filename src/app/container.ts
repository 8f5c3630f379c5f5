import type { DependencyContainer } from 'tsyringe';
import { OpenAccess } from '../adapters/access/open.js';
import { TokenFile } from '../adapters/access/token-file.js';
import { MemoryJournal } from '../adapters/journal/memory/journal.js';
import { listen } from '../adapters/tcp/listen.js';
import { TCP_SETTINGS, TcpServer, type TcpSettings } from '../adapters/tcp/server.js';
import { LocalExchange } from '../domain/exchange.js';
import type { Access } from '../ports/access.js';
import type { Clock } from '../ports/clock.js';
import type { Ids } from '../ports/ids.js';
import type { Journal } from '../ports/journal.js';
import { ACCESS, CLOCK, EXCHANGE, IDS, JOURNAL, TURN } from '../ports/tokens.js';
import type { Turn } from '../ports/turn.js';
import type { Accept } from '../sockets/accept.js';
import { commonParts, once } from './container/common.js';
import { SOCKETS, type Sockets } from './container/sockets.js';
import type { BrokerOptions } from './options.js';

export const TCP_SERVER = Symbol('TcpServer');
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
 * wants to: `(await buildContainer(options)).register(JOURNAL, { useValue: journal })`. What the options do not ask for is
 * not even loaded.
 */
export async function buildContainer(options: BrokerOptions): Promise<DependencyContainer> {
  const parts = commonParts(options);
  once(parts, TROUBLE, () => new Trouble());
  once<Journal>(parts, JOURNAL, await journalMaker(options.journal));
  once<Access>(parts, ACCESS, () => makeAccess(options.access));
  once(parts, EXCHANGE, (from) => makeExchange(from, options));

  once(parts, TCP_SETTINGS, (from) => tcpSettings(options, from.resolve<Sockets>(SOCKETS).accept));
  once(parts, TCP_SERVER, (from) => from.resolve(TcpServer));
  if (options.http !== undefined) {
    const { listen: address } = options.http;
    const { registerProxy } = await import('./container/http.js');
    registerProxy(parts, options.http, (server) => listen(server, address));
  }
  return parts;
}

async function journalMaker(journal: BrokerOptions['journal']): Promise<() => Journal> {
  if (journal === undefined) return () => new MemoryJournal();
  const { SqliteJournal } = await import('../adapters/journal/sqlite/journal.js');
  return () => new SqliteJournal(journal.file, journal.sync);
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

function tcpSettings({ listen, tls, access, limits }: BrokerOptions, accept: Accept): TcpSettings {
  return {
    accept,
    listen,
    tls,
    authTimeout: access.timeout,
    maxLine: limits.line,
    maxBody: limits.body,
    maxConnections: limits.connections,
    writeTimeout: limits.writeTimeout,
  };
}
