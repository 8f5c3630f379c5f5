import { isIPv4 } from 'node:net';
import { type ListenAddress, showAddress } from '../../adapters/tcp/listen.js';
import { UsageError } from '../usage.js';
import type { Values } from './table.js';

/** Who may connect. */
export interface AccessOptions {
  /** A file of tokens; undefined: none is wanted. */
  readonly tokens: string | undefined;
  /** Where one is wanted. */
  readonly on: 'all' | 'tcp';
  /** Milliseconds in which a client has to say who it is. */
  readonly timeout: number;
}

/** Files in PEM. */
export interface TlsOptions {
  readonly cert: string;
  readonly key: string;
  /** Of those who sign clients' certificates; undefined: clients are asked for none. */
  readonly ca: string | undefined;
  /** Whether a client without a certificate is let in. */
  readonly clientCerts: 'require' | 'allow';
}

/** @throws UsageError if tokens are wanted, and there are none */
export function accessOptions(values: Values): AccessOptions {
  const { tokens, 'tokens-on': on, 'auth-timeout': timeout } = values;
  if (tokens === undefined && on === 'all') throw new UsageError('--tokens-on all needs --tokens beside it');
  return { tokens, on, timeout };
}

/** @throws UsageError if one of the files is missing that belong together */
export function tlsOptions(values: Values): TlsOptions | undefined {
  const { 'tls-cert': cert, 'tls-key': key, 'tls-ca': ca } = values;
  if (cert !== undefined && key !== undefined) return { cert, key, ca, clientCerts: values['tls-client-certs'] };
  if (cert !== undefined) throw new UsageError('--tls-cert needs --tls-key beside it');
  if (key !== undefined) throw new UsageError('--tls-key needs --tls-cert beside it');
  if (ca !== undefined) throw new UsageError('--tls-ca needs --tls-cert and --tls-key beside it');
  return undefined;
}

/**
 * Other machines may only reach a broker that is hidden from eavesdroppers and knows its clients, by their tokens or by their
 * certificates.
 * @throws UsageError naming what is missing
 */
export function refuseOpenTcp(
  listen: readonly ListenAddress[],
  tls: TlsOptions | undefined,
  { tokens }: AccessOptions,
): void {
  const reachable = listen.find((address) => 'host' in address && !isLoopback(address.host));
  if (reachable === undefined) return;
  const missing: string[] = [];
  if (tls === undefined) missing.push('--tls-cert and --tls-key');
  if (tokens === undefined && !(tls?.ca !== undefined && tls.clientCerts === 'require')) {
    missing.push('--tokens (or --tls-ca, for clients with certificates)');
  }
  if (missing.length === 0) return;
  const where = showAddress(reachable);
  throw new UsageError(
    `${where} can be reached from other machines: give ${missing.join(', and ')}; or --insecure, where nobody else can`,
  );
}

function isLoopback(host: string): boolean {
  const plain = host.replace(/^::ffff:/i, '');
  return plain === 'localhost' || plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'));
}
