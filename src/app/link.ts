import { readFileSync } from 'node:fs';
import { checkAuthorities, checkPair } from '../adapters/tcp/tls.js';
import type { Endpoint, TlsOptions } from '../client/index.js';
import type { LinkOptions } from './options/link.js';
import { UsageError } from './usage.js';

/** How to reach a broker, with its files read. */
export interface BrokerLink {
  readonly at: readonly Endpoint[];
  readonly token: string | undefined;
  readonly tls: TlsOptions | undefined;
}

/** @throws UsageError if a file can't be read, or is not what it should be */
export function readLink({ at, token, tls }: LinkOptions): BrokerLink {
  if (tls === undefined) return { at, token, tls };
  const [ca, cert, key] = [read('ca', tls.ca), read('cert', tls.cert), read('key', tls.key)];
  if (ca !== undefined) check('ca', () => checkAuthorities(tls.ca, ca));
  if (cert !== undefined) check('cert', () => checkPair(tls.cert, tls.key, { cert, key }));
  return { at, token, tls: { ca, cert, key } };
}

function check(name: string, throwIfWrong: () => void): void {
  try {
    throwIfWrong();
  } catch (cause) {
    throw new UsageError(`--broker-${name}: ${(cause as Error).message}`, { cause });
  }
}

function read(name: string, file: string | undefined): Buffer | undefined {
  try {
    return file === undefined ? undefined : readFileSync(file);
  } catch (cause) {
    throw new UsageError(`--broker-${name}: cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
}
