import type { Server } from 'node:net';
import type { Accept } from '../../sockets/accept.js';
import type { RouteOptions } from './routes.js';

export const HTTP_SETTINGS = Symbol('HttpSettings');

export interface HttpSettings {
  /** Makes the server listen where the proxy is to be. */
  readonly listen: (server: Server) => Promise<void>;
  /** Reads plain requests without node:http; undefined: that reads all. */
  readonly accept?: Accept | undefined;
  /** Where that is, for the log. */
  readonly at: string;
  /** Where requests are sent; the first that matches wins. */
  readonly routes: readonly RouteOptions[];
  readonly envelope: 1 | 2;
  /** Milliseconds in which an answer must begin. */
  readonly timeout: number;
  /** Milliseconds in which a handler must have taken it; undefined: there is no such deadline. */
  readonly queueTimeout: number | undefined;
  /** Bytes of a request's body. */
  readonly maxBody: number;
  /** Which requests a second handler gets if the first one gives them back, or goes, before it has begun to reply. */
  readonly redeliver: 'none' | 'idempotent' | 'all';
  /** Whose word is taken for whom a request is from; see `Trust`. */
  readonly trust: readonly string[];
  /** Those of HTTP_LIMITS that are to be others. */
  readonly limits?: Partial<HttpLimits>;
}

/** What keeps web clients from costing more than they should. Times are in milliseconds, sizes in bytes. */
export interface HttpLimits {
  readonly connections: number;
  /** Requests at a time on one connection. */
  readonly pipelined: number;
  readonly head: number;
  readonly headers: number;
  /** All bodies together that are still being read. */
  readonly bodies: number;
  /** Of one reply, messages that wait because the client reads too slowly. */
  readonly held: number;
  /** Of all replies together, what their clients have yet to take. */
  readonly untaken: number;
  /** Requests with an id that are sent at once; see `IdBudget`. A number. */
  readonly ids: number;
  /** For a request's head. */
  readonly headTimeout: number;
  /** For which the body of a request may be silent; see `IncomingBody`. */
  readonly bodyTimeout: number;
  /** Bytes of it that must come in a second. */
  readonly bodyRate: number;
  /** For the next piece of an answer that has begun; Infinity: for ever. */
  readonly idle: number;
  /** For a client to take something of what is written to it. */
  readonly writeTimeout: number;
  /** Bytes that it must take in a second, on the whole and beyond that time; see `Untaken`. */
  readonly writeRate: number;
  /** Between two requests of a connection. */
  readonly keepAlive: number;
  /** Between two looks at who is late with a request. */
  readonly sweep: number;
}

/** nginx keeps an idle connection to us for 60 s: it is to be the one that closes it. */
export const HTTP_LIMITS: HttpLimits = {
  connections: 10_000,
  pipelined: 100,
  head: 16 * 1024,
  headers: 100,
  bodies: 256 * 1024 * 1024,
  held: 16 * 1024 * 1024,
  untaken: 256 * 1024 * 1024,
  ids: 100_000,
  headTimeout: 10_000,
  bodyTimeout: 20_000,
  bodyRate: 500,
  idle: Number.POSITIVE_INFINITY,
  writeTimeout: 30_000,
  writeRate: 2048,
  keepAlive: 75_000,
  sweep: 1000,
};
