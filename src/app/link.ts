import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
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
  if (ca !== undefined) check(`--broker-ca: there is no certificate in ${tls.ca}`, () => certificate(ca));
  if (cert !== undefined) {
    check(`--broker-cert: ${tls.cert} and ${tls.key} make no certificate`, () => createSecureContext({ cert, key }));
  }
  return { at, token, tls: { ca, cert, key } };
}

/** OpenSSL passes over what is none among those whose signature is trusted. */
function certificate(pem: Buffer): X509Certificate {
  return new X509Certificate(pem.toString('latin1'));
}

function check(wrong: string, make: () => unknown): void {
  try {
    make();
  } catch (cause) {
    throw new UsageError(`${wrong}: ${(cause as Error).message}`, { cause });
  }
}

function read(name: string, file: string | undefined): Buffer | undefined {
  try {
    return file === undefined ? undefined : readFileSync(file);
  } catch (cause) {
    throw new UsageError(`--broker-${name}: cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
}
