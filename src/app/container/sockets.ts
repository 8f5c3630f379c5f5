import { type Accept, acceptor } from '../../sockets/accept.js';
import { poller, type ReadTurn } from '../../sockets/poller.js';
import type { SocketsOption } from '../options.js';
import { UsageError } from '../usage.js';

export const SOCKETS = Symbol('Sockets');

/** How connections without TLS are used. */
export interface Sockets {
  readonly accept: Accept;
  /** Who reads and writes them, for the log. */
  readonly by: 'native' | 'node';
}

/**
 * @param find the native part; undefined where it was not built
 * @throws UsageError if it is wanted, and was not built
 */
export function socketsBy(option: SocketsOption, turn: ReadTurn, find = poller): Sockets {
  const found = option === 'node' ? undefined : find();
  if (found === undefined && option === 'native') {
    throw new UsageError('--sockets native: it is not built; `npm run install` does that, with python3, make and gcc');
  }
  return { accept: acceptor(found, turn), by: found === undefined ? 'node' : 'native' };
}
