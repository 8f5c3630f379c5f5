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
import type { ReadTurn } from '../../sockets/poller.js';
import type { BrokerOptions } from '../options.js';
import { SOCKETS, type Sockets, socketsBy } from './sockets.js';

/** Registered only where the options ask for a proxy. */
export const HTTP_PROXY = Symbol('HttpProxy');

/** What every process has, in a container of its own. But for clock and turn, nothing is made before it is asked for. */
export function commonParts({ log, sockets }: Pick<BrokerOptions, 'log' | 'sockets'>): DependencyContainer {
  const parts = container.createChildContainer();
  const clock = new SystemClock();
  const turn = new SystemTurn();
  parts.register<Clock>(CLOCK, { useValue: clock });
  parts.register<Turn>(TURN, { useValue: turn });
  once<Ids>(parts, IDS, () => new RandomIds());
  parts.register<LogSettings>(LOG_SETTINGS, { useValue: { ...log, stream: process.stderr } });
  once<Log>(parts, LOG, (from) => from.resolve(WinstonLog));
  once<Sockets>(parts, SOCKETS, () => socketsBy(sockets, readTurn(clock, turn)));
  return parts;
}

/** Registers what is made once, when it is first asked for. */
export function once<T>(parts: DependencyContainer, token: symbol, make: (from: DependencyContainer) => T): void {
  parts.register(token, { useFactory: instanceCachingFactory(make) });
}

/** What is read at once is of the same moment, and is answered at once. */
function readTurn(clock: SystemClock, turn: SystemTurn): ReadTurn {
  return {
    begin() {
      clock.hold();
      turn.begin();
    },
    end() {
      turn.end();
      clock.release();
    },
  };
}
