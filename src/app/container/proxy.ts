import type { DependencyContainer } from 'tsyringe';
import { BROKER_SETTINGS, type BrokerSettings, RemoteExchange } from '../../adapters/broker/exchange.js';
import { listen, listenOnInherited } from '../../adapters/tcp/listen.js';
import { EXCHANGE } from '../../ports/tokens.js';
import { readLink } from '../link.js';
import type { ProxyOptions } from '../options.js';
import { commonParts, once } from './common.js';
import { registerProxy } from './http.js';

/**
 * All parts of an HTTP proxy in a process of its own.
 * @throws UsageError if a file of its options can't be read
 */
export function buildProxyContainer(options: ProxyOptions): DependencyContainer {
  const { broker, http, socket } = options;
  const parts = commonParts(options);
  parts.register<BrokerSettings>(BROKER_SETTINGS, { useValue: readLink(broker) });
  once(parts, EXCHANGE, (from) => from.resolve(RemoteExchange));
  registerProxy(parts, http, (server) =>
    socket === undefined ? listen(server, http.listen) : listenOnInherited(server, socket),
  );
  return parts;
}
