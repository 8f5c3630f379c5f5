import type { Conversation } from '../conversation.js';
import { headerOf } from '../request.js';
import { ResponseReader } from './response-reader.js';
import { StandInSocket } from './socket.js';

const CRLF = '\r\n';

/**
 * A connection for node:http on which one request comes and one response goes: the request as its client might have sent
 * it, the response read and passed on as it is written. Reading and writing wait for each other's far end.
 */
export class Connection extends StandInSocket {
  readonly #reader: ResponseReader;
  /** Whether the body has no announced length, so that it is sent in chunks. */
  readonly #chunked: boolean;
  #headRead = false;
  #bodyRead = false;
  /** The application has said all of its response. */
  #answered = false;

  constructor(private readonly conversation: Conversation) {
    const { request, body } = conversation;
    super(request.remoteAddress, request.scheme);
    this.#reader = new ResponseReader(request.method);
    this.#chunked = !body.isHere && headerOf(request, 'content-length') === undefined;
    conversation.watch(() => this.destroy());
  }

  override _read(): void {
    if (!this.#headRead) {
      this.#headRead = true;
      const head = Buffer.from(this.#head(), 'latin1');
      const body = this.conversation.body.take();
      this.#bodyRead = this.conversation.body.isHere;
      this.push(body.length === 0 ? head : Buffer.concat([head, body]));
    } else if (!this.#bodyRead) {
      this.conversation.body.next().then(
        (piece) => this.#pushPiece(piece),
        (error: Error) => this.destroy(error),
      );
    }
  }

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.active();
    const { head, body, end } = this.#reader.read(bytes);
    const sent = head === undefined && body.length === 0 && !end ? undefined : this.conversation.send(head, body, end);
    if (sent === undefined || end) done();
    else sent.then(() => done());
    if (!end) return;
    this.#answered = true;
    // One turn later, node:http has told the application that its response is finished.
    setImmediate(() => this.destroy());
  }

  override _writev(parts: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this._write(Buffer.concat(parts.map(({ chunk }) => chunk)), '', done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#reader.endsHere) {
      this.#answered = true;
      void this.conversation.send(undefined, Buffer.alloc(0), true);
    }
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#answered) void this.conversation.fail('502 Bad Gateway');
    super._destroy(error, done);
  }

  #head(): string {
    const { request } = this.conversation;
    let head = `${request.method} ${request.url} ${request.protocol}${CRLF}`;
    for (let i = 0; i < request.headers.length; i += 2)
      head += `${request.headers[i]}: ${request.headers[i + 1]}${CRLF}`;
    if (this.#chunked) head += `Transfer-Encoding: chunked${CRLF}`;
    return head + CRLF;
  }

  #pushPiece(piece: Buffer | undefined): void {
    if (this.destroyed) return;
    this.active();
    this.#bodyRead = piece === undefined;
    if (!this.#chunked) {
      if (piece !== undefined) this.push(piece);
    } else if (piece === undefined) {
      this.push(`0${CRLF}${CRLF}`);
    } else {
      this.push(Buffer.concat([Buffer.from(piece.length.toString(16) + CRLF), piece, Buffer.from(CRLF)]));
    }
  }
}
