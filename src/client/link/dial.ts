import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectSecurely } from 'node:tls';
import type { Endpoint } from '../address.js';

/** For brokers that speak TLS; unix sockets never do. Certificates and keys in PEM. */
export interface TlsOptions {
  /** Whose signature on the broker's certificate is trusted; those that Node trusts, if not given. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[] | undefined;
  /** Our own certificate, where the broker asks for one. */
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
  /** The name in the broker's certificate, where it is not the host's. */
  readonly servername?: string | undefined;
}

/** Begins to connect. What is written before it is connected is kept. */
export function dial(endpoint: Endpoint, tls: TlsOptions | undefined): Socket {
  if ('path' in endpoint) return connect({ path: endpoint.path });
  if (tls === undefined) return connect({ ...endpoint, noDelay: true });
  const options: ConnectionOptions = { ...endpoint, minVersion: 'TLSv1.2' };
  for (const [name, value] of Object.entries(tls)) if (value !== undefined) Object.assign(options, { [name]: value });
  const socket = connectSecurely(options);
  socket.setNoDelay(true);
  return socket;
}
