import { container, type DependencyContainer, instanceCachingFactory } from 'tsyringe';
import { SystemClock } from '../../adapters/clock/system.js';
import { SystemTurn } from '../../adapters/clock/turn.js';
import { RandomIds } from '../../adapters/ids/random.js';
import { LOG_SETTINGS, type LogSettings, WinstonLog } from '../../adapters/log/winston.js';
import type { Clock } from '../../ports/clock.js';
import type { Ids } from '../../ports/ids.js';
import type { Log } from '../../ports/log.js';
import { CLOCK, IDS, LOG, TURN } from '../../ports/tokens.js';
import type { Turn } from '../../ports/turn.js';
import { type Accept, acceptor } from '../../sockets/accept.js';
import { poller } from '../../sockets/poller.js';
import type { BrokerOptions, SocketsOption } from '../options.js';
import { UsageError } from '../usage.js';

/** Registered only where the options ask for a proxy. */
export const HTTP_PROXY = Symbol('HttpProxy');

/** An `Accept`: how connections are read. */
export const ACCEPT = Symbol('Accept');

/** What every process has, in a container of its own; nothing is made before it is asked for. */
export function commonParts({ log, sockets }: Pick<BrokerOptions, 'log' | 'sockets'>): DependencyContainer {
  const parts = container.createChildContainer();
  once<Clock>(parts, CLOCK, () => new SystemClock());
  once<Turn>(parts, TURN, () => new SystemTurn());
  once<Ids>(parts, IDS, () => new RandomIds());
  parts.register<LogSettings>(LOG_SETTINGS, { useValue: { ...log, stream: process.stderr } });
  once<Log>(parts, LOG, (from) => from.resolve(WinstonLog));
  once<Accept>(parts, ACCEPT, () => acceptFor(sockets));
  return parts;
}

/** Registers what is made once, when it is first asked for. */
export function once<T>(parts: DependencyContainer, token: symbol, make: (from: DependencyContainer) => T): void {
  parts.register(token, { useFactory: instanceCachingFactory(make) });
}

function acceptFor(sockets: SocketsOption): Accept {
  const found = sockets === 'node' ? undefined : poller();
  if (found === undefined && sockets === 'native') {
    throw new UsageError(
      '--sockets native: the native part is not built; `npm run install` builds it, which takes python3, make and gcc',
    );
  }
  return acceptor(found);
}
