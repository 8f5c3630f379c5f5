import { createServer, type Server, type Socket } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import type { Log } from '../../ports/log.js';
import { boundAddress, CONNECTIONS, type ListenAddress, listen, showAddress } from './listen.js';
import { createTlsServer, readTls, type TlsSettings } from './tls.js';

/** Who takes the connections. */
export interface ListenersOwner {
  /** Whether there is room for one more. It is asked before the work of a handshake. */
  readonly full: boolean;
  /** A connection, paused. */
  take(socket: Socket, over: 'unix' | 'tcp', secure: boolean): void;
}

export interface ListenersSettings {
  readonly listen: readonly ListenAddress[];
  /** For all TCP addresses; undefined: none. */
  readonly tls: TlsSettings | undefined;
  /** Milliseconds for a handshake. */
  readonly authTimeout: number;
}

/** Where the broker listens: unix sockets, and TCP with TLS or without. */
export class Listeners {
  readonly #servers: Server[] = [];
  readonly #secure: TlsServer[] = [];
  /** TCP connections under TLS, from before their handshakes. */
  readonly #raw = new Set<Socket>();
  /** Those of them whose handshake is done. */
  #secured = 0;

  constructor(
    private readonly settings: ListenersSettings,
    private readonly log: Log,
    private readonly owner: ListenersOwner,
  ) {}

  /** Connections in a handshake. */
  get handshakes(): number {
    return Math.max(0, this.#raw.size - this.#secured);
  }

  /** Where it listens, with the port that was chosen where the settings left it open. */
  get addresses(): readonly ListenAddress[] {
    return this.settings.listen.map((address, i) => boundAddress(this.#servers[i], address));
  }

  /** @throws if one of the addresses or a certificate can't be had; then none is listened on */
  async start(): Promise<void> {
    const { tls } = this.settings;
    const context = tls === undefined ? undefined : readTls(tls);
    for (const address of this.settings.listen) {
      const server =
        tls === undefined || context === undefined || 'path' in address
          ? this.#plainServer('path' in address ? 'unix' : 'tcp')
          : this.#tlsServer(tls, context);
      this.#servers.push(server);
      await this.#listen(server, address);
      const on = showAddress(boundAddress(server, address));
      this.log.minimal('listening', 'path' in address || tls === undefined ? { on } : { on, tls: true });
    }
  }

  /**
   * Reads the certificates again, for the connections to come.
   * @throws if they are not in order; then nothing changes
   */
  reload(): void {
    if (this.settings.tls === undefined) return;
    const context = readTls(this.settings.tls);
    for (const server of this.#secure) server.setSecureContext(context);
  }

  /** Takes no more connections, and ends those in a handshake; the others are their owner's. */
  close(): void {
    for (const server of this.#servers) server.close();
  }

  /** Ends connections that are in a handshake still. */
  destroy(): void {
    for (const socket of this.#raw) socket.destroy();
  }

  #plainServer(over: 'unix' | 'tcp'): Server {
    return createServer(CONNECTIONS, (socket) => this.owner.take(socket, over, false));
  }

  #tlsServer(tls: TlsSettings, context: ReturnType<typeof readTls>): Server {
    const server = createTlsServer(tls, context, this.settings.authTimeout, (socket) => {
      this.#secured++;
      socket.once('close', () => this.#secured--);
      this.owner.take(socket, 'tcp', true);
    });
    server.on('connection', (socket: Socket) => this.#shake(socket));
    server.on('tlsClientError', ({ message }, socket) => {
      if (this.log.infos) this.log.info('handshake failed', { error: message });
      socket.destroy();
    });
    this.#secure.push(server);
    return server;
  }

  /** Before TLS nothing can be said to one that is too many. */
  #shake(socket: Socket): void {
    if (this.owner.full) {
      this.log.info('connection refused');
      socket.destroy();
      return;
    }
    this.#raw.add(socket);
    socket.once('close', () => this.#raw.delete(socket));
  }

  async #listen(server: Server, address: ListenAddress): Promise<void> {
    try {
      await listen(server, address);
    } catch (error) {
      this.close();
      throw error;
    }
    // A connection that can't be accepted, for want of a file descriptor say, must not end the broker.
    server.on('error', ({ message }) => this.log.minimal('accept failed', { error: message }));
  }
}
