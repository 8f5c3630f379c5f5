import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectSecurely } from 'node:tls';
import { onread, type Reader } from '../../sockets/onread.js';
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
export function dial(endpoint: Endpoint, tls: TlsOptions | undefined, read: Reader): Socket {
  if ('host' in endpoint && tls !== undefined) return dialSecurely(endpoint, tls, read);
  return 'path' in endpoint
    ? connect({ path: endpoint.path, onread: onread(read) })
    : connect({ host: endpoint.host, port: endpoint.port, noDelay: true, onread: onread(read) });
}

function dialSecurely(endpoint: Endpoint, tls: TlsOptions, read: Reader): Socket {
  const options: ConnectionOptions = { ...endpoint, minVersion: 'TLSv1.2' };
  for (const [name, value] of Object.entries(tls)) if (value !== undefined) Object.assign(options, { [name]: value });
  const socket = connectSecurely(options);
  socket.setNoDelay(true);
  socket.on('data', (chunk: Buffer) => read(chunk, chunk.length));
  return socket;
}
