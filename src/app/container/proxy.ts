import { readFileSync } from 'node:fs';
import type { DependencyContainer } from 'tsyringe';
import { BROKER_SETTINGS, type BrokerSettings, RemoteExchange } from '../../adapters/broker/exchange.js';
import { listen, listenOnInherited } from '../../adapters/tcp/listen.js';
import { EXCHANGE } from '../../ports/tokens.js';
import type { LinkOptions } from '../options/link.js';
import type { ProxyOptions } from '../options.js';
import { commonParts, once } from './common.js';
import { registerProxy } from './http.js';

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
