import type { ListenAddress } from '../../adapters/tcp/listen.js';
import type { Endpoint } from '../../client/address.js';
import { UsageError } from '../usage.js';
import type { Values } from './table.js';

/** How to reach a broker. */
export interface LinkOptions {
  /** The first of these that answers. */
  readonly at: readonly Endpoint[];
  readonly token: string | undefined;
  /** For all TCP addresses; undefined: they are without. */
  readonly tls: LinkTlsOptions | undefined;
}

/** Files in PEM. */
export interface LinkTlsOptions {
  /** Of those whose signature is trusted; undefined: those that Node trusts. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** @throws UsageError if one of the files is missing that belong together */
export function linkOptions(values: Values, at: readonly Endpoint[]): LinkOptions {
  const { 'broker-ca': ca, 'broker-cert': cert, 'broker-key': key, 'broker-tls': on } = values;
  if ((cert === undefined) !== (key === undefined)) {
    const [given, missing] = cert === undefined ? ['--broker-key', '--broker-cert'] : ['--broker-cert', '--broker-key'];
    throw new UsageError(`${given} needs ${missing} beside it`);
  }
  const tls = on || ca !== undefined || cert !== undefined ? { ca, cert, key } : undefined;
  return { at, token: values.token, tls };
}

/**
 * The way from a proxy to the broker beside it: a socket file before TCP, because that is faster and needs no TLS.
 * @throws UsageError naming what the proxy would lack to be let in
 */
export function ownLinkOptions(values: Values, listen: readonly ListenAddress[]): LinkOptions {
  const files = listen.filter((address) => 'path' in address);
  const link = linkOptions(values, files.length > 0 ? files : listen);
  const overTcp = files.length === 0;
  if (overTcp && values['tls-cert'] !== undefined && link.tls === undefined) {
    throw new UsageError(
      'the proxies need --broker-ca for the TLS to their broker; or let it --listen on a unix: socket, too',
    );
  }
  const wanted = values.tokens !== undefined && (overTcp || values['tokens-on'] === 'all');
  if (wanted && link.token === undefined) throw new UsageError('the proxies need a --token for their broker');
  return link;
}
