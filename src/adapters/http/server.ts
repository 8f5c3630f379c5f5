import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Server as NetServer, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Accept } from '../../sockets/accept.js';
import { NodeResponse } from './node-response.js';
import type { Outgoing } from './outgoing.js';
import type { PlainConnection } from './plain/connection.js';
import { Plain, type PlainOwner, type PlainParts } from './plain/plain.js';
import { clientProblem, Problem } from './problem.js';
import { reset } from './reset.js';
import { WebClient, type WebClientOwner } from './web-client.js';
import { WebClients } from './web-clients.js';

/** Who takes the requests. */
export interface ServerOwner extends WebClientOwner, PlainOwner {
  /** A head has come. `expectsContinue`: the client waits to be asked for the body. */
  request(request: IncomingMessage, response: Outgoing, client: WebClient, expectsContinue: boolean): void;
  /** What the client sends can't be followed any further. */
  clientFailed(client: WebClient, problem: Problem): void;
  /** A connection was closed at once, because there are as many as there may be. */
  dropped(): void;
  /** A connection could not be taken. */
  serverFailed(error: Error): void;
}

type Listener = (socket: Socket) => void;

/** node:http, set up within our limits, in front of it whoever reads plain requests, and the connections of both. */
export class HttpServer {
  readonly clients = new WebClients();
  readonly #server: Server;
  /** What node:http does with a connection. */
  readonly #takeOver: Listener;
  readonly #plain: Plain;
  #allGone: () => void = () => undefined;

  /** @param accept undefined: node:http reads all requests */
  constructor(
    parts: PlainParts,
    private readonly owner: ServerOwner,
    private readonly accept: Accept | undefined,
  ) {
    const { limits } = parts;
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
    const [takeOver] = this.#server.listeners('connection') as Listener[];
    this.#server.removeAllListeners('connection');
    if (takeOver === undefined) throw new Error('node:http does not say how it takes connections');
    this.#takeOver = takeOver.bind(this.#server);
    this.#plain = new Plain(parts, owner, this.#takeOver);
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
    for (const client of this.clients.all()) if (client.unanswered === 0) client.close();
    await Promise.all([gone, closed]);
  }

  /** The connection is closed. */
  forget(client: WebClient): void {
    this.clients.remove(client);
    if (this.clients.size === 0) this.#allGone();
  }

  /** Cuts off every connection. */
  destroy(): void {
    for (const { socket } of this.clients.all()) socket.destroy();
  }

  #listen(): void {
    const { owner } = this;
    this.#server
      .on('connection', (socket: Socket) => this.#connected(socket))
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
    const idle = this.clients.of(socket)?.unanswered === 0;
    if (socket.writableLength > 0) reset(socket);
    else if (idle) socket.destroy();
  }

  #connected(accepted: Socket): void {
    if (this.accept === undefined) {
      this.#welcome(accepted);
      this.#takeOver(accepted);
      return;
    }
    let connection: PlainConnection | undefined;
    const socket = this.accept(accepted, (data, length) => connection?.bytes(data, length));
    connection = this.#plain.take(socket, this.#welcome(socket));
  }

  #welcome(socket: Socket): WebClient {
    const client = new WebClient(socket, this.owner);
    this.clients.add(client);
    return client;
  }

  #request(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const client = this.clients.of(request.socket);
    if (client !== undefined) this.owner.request(request, new NodeResponse(response), client, expectsContinue);
  }

  /** node:http leaves the socket to us. RFC 9110, 9.3.6: who is no tunnel need not know the method. */
  #tunnel(_request: IncomingMessage, socket: Duplex): void {
    const client = this.clients.of(socket);
    socket.resume();
    if (client !== undefined) this.owner.clientFailed(client, new Problem(501, 'CONNECT is not possible here'));
  }

  #clientError({ code }: NodeJS.ErrnoException, socket: Duplex): void {
    // What comes after a last request is not looked at (RFC 9112, 9.6).
    if (code === 'HPE_CLOSED_CONNECTION') return;
    const client = this.clients.of(socket);
    // One that was opened ahead of need would take our words for the answer to its first request.
    const mute = client === undefined || client.silent || !socket.writable || code === 'ECONNRESET';
    if (mute) socket.destroy();
    else this.owner.clientFailed(client, clientProblem(code));
  }
}
