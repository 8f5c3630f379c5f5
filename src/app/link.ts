import { readFileSync } from 'node:fs';
import type { Endpoint, TlsOptions } from '../client/index.js';
import type { LinkOptions } from './options/link.js';
import { UsageError } from './usage.js';

/** How to reach a broker, with its files read. */
export interface BrokerLink {
  readonly at: readonly Endpoint[];
  readonly token: string | undefined;
  readonly tls: TlsOptions | undefined;
}

/** @throws UsageError if a file can't be read */
export function readLink({ at, token, tls }: LinkOptions): BrokerLink {
  if (tls === undefined) return { at, token, tls };
  return { at, token, tls: { ca: read('ca', tls.ca), cert: read('cert', tls.cert), key: read('key', tls.key) } };
}

function read(name: string, file: string | undefined): Buffer | undefined {
  try {
    return file === undefined ? undefined : readFileSync(file);
  } catch (cause) {
    throw new UsageError(`--broker-${name}: cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
}
