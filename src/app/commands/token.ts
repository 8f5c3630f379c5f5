import { hashToken, newToken } from '../../adapters/access/token.js';
import { formatTokenLine, parsePrefix } from '../../adapters/access/token-line.js';
import { toWire } from '../../client/arguments.js';
import { EXIT } from '../exit.js';
import { UsageError } from '../usage.js';
import { write } from './talk.js';

export interface TokenFlags {
  readonly send?: readonly string[];
  readonly receive?: readonly string[];
  readonly admin?: boolean;
}

/**
 * `msglite token`: draws a token. Its line for the broker's file goes to standard output, to be appended to that; the token
 * itself, which is kept nowhere, to standard error, once its line is written.
 */
export async function token(name: string, { send = [], receive = [], admin = false }: TokenFlags): Promise<number> {
  const fresh = newToken();
  await write(Buffer.from(`${lineOf(fresh, name, send, receive, admin)}\n`, 'latin1'));
  process.stderr.write(`token: ${fresh}\n`);
  return EXIT.done;
}

function lineOf(
  fresh: string,
  name: string,
  send: readonly string[],
  receive: readonly string[],
  admin: boolean,
): string {
  try {
    return formatTokenLine({
      name: toWire(name),
      hash: hashToken(fresh),
      send: send.map((prefix) => parsePrefix(toWire(prefix))),
      receive: receive.map((prefix) => parsePrefix(toWire(prefix))),
      admin,
    });
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}
