import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Server as NetServer, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { clientProblem, Problem } from './problem.js';
import { reset } from './reset.js';
import type { HttpLimits } from './settings.js';
import { WebClient, type WebClientOwner } from './web-client.js';

/** Who takes the requests. */
export interface ServerOwner extends WebClientOwner {
  /** A head has come. `expectsContinue`: the client waits to be asked for the body. */
  request(request: IncomingMessage, response: ServerResponse, client: WebClient, expectsContinue: boolean): void;
  /** What the client sends can't be followed any further. */
  clientFailed(client: WebClient, problem: Problem): void;
  /** A connection was closed at once, because there are as many as there may be. */
  dropped(): void;
  /** A connection could not be taken. */
  serverFailed(error: Error): void;
}

/** node:http, set up within our limits, and the connections on it. */
export class HttpServer {
  readonly clients = new Map<Duplex, WebClient>();
  readonly #server: Server;
  #allGone: () => void = () => undefined;

  constructor(
    limits: HttpLimits,
    private readonly owner: ServerOwner,
  ) {
    this.#server = createServer({
      noDelay: true,
      // It is judged with the rest of the head.
      requireHostHeader: false,
      maxHeaderSize: limits.head,
      headersTimeout: limits.headTimeout,
      // Bodies have their own time.
      requestTimeout: 0,
      keepAliveTimeout: limits.keepAlive,
      connectionsCheckingInterval: limits.sweep,
    });
    // One more than is allowed, so that we see that there were too many.
    this.#server.maxHeadersCount = limits.headers + 1;
    this.#server.maxConnections = limits.connections;
    this.#server.timeout = limits.writeTimeout;
    this.#listen();
  }

  /** @throws what `listen` throws */
  async listen(listen: (server: NetServer) => Promise<void>): Promise<void> {
    await listen(this.#server);
    this.#server.on('error', (error) => this.owner.serverFailed(error));
  }

  /** Takes no more connections and closes those on which no request is open. Resolves when all are closed. */
  async close(): Promise<void> {
    const gone = new Promise<void>((resolve) => {
      this.#allGone = resolve;
      if (this.clients.size === 0) resolve();
    });
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const client of this.clients.values()) if (client.unanswered.size === 0) client.close();
    await Promise.all([gone, closed]);
  }

  /** The connection is closed. */
  forget({ socket }: WebClient): void {
    this.clients.delete(socket);
    if (this.clients.size === 0) this.#allGone();
  }

  /** Cuts off every connection. */
  destroy(): void {
    for (const { socket } of this.clients.values()) socket.destroy();
  }

  #listen(): void {
    const { owner } = this;
    this.#server
      .on('connection', (socket: Socket) => this.clients.set(socket, new WebClient(socket, owner)))
      .on('request', (request, response) => this.#request(request, response, false))
      .on('checkContinue', (request, response) => this.#request(request, response, true))
      .on('connect', (request, socket) => this.#tunnel(request, socket))
      .on('clientError', (error: NodeJS.ErrnoException, socket) => this.#clientError(error, socket))
      .on('timeout', (socket: Socket) => this.#timedOut(socket))
      .on('drop', () => owner.dropped());
  }

  /**
   * Nothing has moved on the connection for a while. That is wrong where the client does not take what we write, and the
   * end of a connection kept alive; a stream that has nothing to say, and a handler that takes its time, are let be.
   */
  #timedOut(socket: Socket): void {
    const idle = this.clients.get(socket)?.unanswered.size === 0;
    if (socket.writableLength > 0) reset(socket);
    else if (idle) socket.destroy();
  }

  #request(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const client = this.clients.get(request.socket);
    if (client !== undefined) this.owner.request(request, response, client, expectsContinue);
  }

  /** node:http leaves the socket to us. RFC 9110, 9.3.6: who is no tunnel need not know the method. */
  #tunnel(_request: IncomingMessage, socket: Duplex): void {
    const client = this.clients.get(socket);
    socket.resume();
    if (client !== undefined) this.owner.clientFailed(client, new Problem(501, 'CONNECT is not possible here'));
  }

  #clientError({ code }: NodeJS.ErrnoException, socket: Duplex): void {
    // What comes after a last request is not looked at (RFC 9112, 9.6).
    if (code === 'HPE_CLOSED_CONNECTION') return;
    const client = this.clients.get(socket);
    // One that was opened ahead of need would take our words for the answer to its first request.
    const mute = client === undefined || client.silent || !socket.writable || code === 'ECONNRESET';
    if (mute) socket.destroy();
    else this.owner.clientFailed(client, clientProblem(code));
  }
}
