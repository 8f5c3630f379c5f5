import type { Socket } from 'node:net';
import type { Linked } from '../../../domain/list.js';
import { PolledSocket } from '../../../sockets/polled-socket.js';
import { clientProblem } from '../problem.js';
import { reset } from '../reset.js';
import type { WebClient } from '../web-client.js';
import { Line, type LineOwner } from './line.js';
import type { Plain } from './plain.js';
import { PlainReader } from './reader.js';
import { PlainResponse } from './response.js';

/**
 * A web client's connection while all it asks is plain. With the first request that is not, it is node:http's for good: at
 * once, or, since responses keep their order, when those before are answered.
 *
 *     plain -> handed over
 */
export class PlainConnection implements LineOwner, Linked<PlainConnection> {
  // Noted by the list it is in.
  before: PlainConnection | undefined = undefined;
  after: PlainConnection | undefined = undefined;
  #listed = true;
  readonly #line: Line;
  readonly #reader: PlainReader;
  #handedOver = false;
  /** The beginning of a head that may be plain; or what is not, while others are to be answered first. */
  #rest = '';
  /** It is the former. */
  #half = false;
  /** Since when it has had nothing to do; undefined: the next sweep says so. */
  #idleSince: number | undefined;
  #silent = true;
  /** The last request on it has come. */
  #last = false;

  constructor(
    private readonly socket: Socket,
    private readonly client: WebClient,
    private readonly plain: Plain,
  ) {
    this.#line = new Line(socket, this);
    this.#reader = new PlainReader(plain, client.peer, plain.limits.head);
    this.#idleSince = plain.now;
    socket.on('end', () => this.#ended());
    socket.on('timeout', () => this.#timedOut());
    socket.on('close', () => this.#leave());
  }

  get turn(): Plain['turn'] {
    return this.plain.turn;
  }

  get writeTimeout(): number {
    return this.plain.limits.writeTimeout;
  }

  /** Some bytes have come: the first `length` of `data`, lent for the call. */
  bytes(data: Buffer, length: number): void {
    // Mostly node:http reads by itself then.
    if (this.#handedOver) this.socket.push(Buffer.from(data.subarray(0, length)));
    else if (!this.#over) this.#read(this.#rest + data.toString('latin1', 0, length), this.#rest !== '');
  }

  lineEmpty(): void {
    this.#idleSince = undefined;
    if (this.#rest === '' || this.#half || this.#over) return;
    this.#handOver();
  }

  /** Closes it if it was idle for too long, or a head does not come. */
  sweep(now: number): void {
    const { headTimeout, keepAlive } = this.plain.limits;
    const patience = this.#silent || this.#half ? headTimeout : keepAlive;
    if (!this.#line.empty || this.client.closing) return;
    this.#idleSince ??= now;
    if (now - this.#idleSince < patience) return;
    if (this.#half) this.#refuse('ERR_HTTP_REQUEST_TIMEOUT');
    else this.#close();
  }

  /** What else comes is not looked at. */
  get #over(): boolean {
    return this.#last || this.#line.closing || this.client.closing || this.socket.destroyed;
  }

  /** @param goesOn it begins with what was kept */
  #read(text: string, goesOn: boolean): void {
    this.#silent = false;
    this.#rest = '';
    this.#half = false;
    let at = 0;
    while (at < text.length && !this.#over) {
      const request = this.#reader.read(text, at);
      if (request === undefined) {
        this.#keep(text.slice(at), goesOn && at === 0);
        return;
      }
      at = request.end;
      this.#last = request.last;
      const response = new PlainResponse(this.#line, this.plain.ends, request.head.method === 'HEAD', request.last);
      this.#line.add(response);
      this.plain.owner.plainRequest(request, response, this.client);
    }
  }

  #keep(rest: string, goesOn: boolean): void {
    // A head's time begins with its first bytes.
    if (!goesOn) this.#idleSince = undefined;
    this.#rest = rest;
    this.#half = this.#reader.begins(rest);
    if (this.#half) return;
    if (this.#line.empty) this.#handOver();
    else if (rest.length > this.plain.limits.head) this.socket.pause();
  }

  #handOver(): void {
    const { socket, plain } = this;
    this.#handedOver = true;
    this.#leave();
    this.client.heard();
    if (socket instanceof PolledSocket) socket.release();
    // Whoever reads without a stream is given nothing by it.
    socket.removeAllListeners('data');
    socket.pause();
    socket.unshift(Buffer.from(this.#rest, 'latin1'));
    this.#rest = '';
    plain.handOver(socket);
    socket.resume();
  }

  #close(): void {
    this.#leave();
    this.socket.destroy();
  }

  #leave(): void {
    if (this.#listed) this.plain.forget(this);
    this.#listed = false;
  }

  /** @param code of node:http, for what is wrong */
  #refuse(code: string): void {
    this.plain.owner.clientFailed(this.client, clientProblem(code));
  }

  /** The client has closed its side. */
  #ended(): void {
    if (this.#handedOver || this.socket.destroyed) return;
    if (this.#half && this.#line.empty) this.#refuse('HPE_INVALID_EOF_STATE');
    else this.#line.close();
  }

  #timedOut(): void {
    if (!this.#handedOver && this.socket.writableLength > 0) reset(this.socket);
  }
}
