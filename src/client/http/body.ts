import type { Client } from '../client.js';
import { MsgliteError } from '../errors.js';
import type { WebRequest } from './request.js';

/** Seconds for which a piece is awaited: longer than a proxy lets its client be silent. */
const TIMEOUT = 300;
/** Seconds: a piece is finished as soon as it is there. */
const LEASE = 30;

const NOTHING = Buffer.alloc(0);

/** The body of a request. What comes in pieces is taken when it is wanted, so that its client is held back. */
export class RequestBody {
  #inline: Buffer;
  #over: boolean;
  readonly #abort = new AbortController();

  constructor(
    private readonly client: Client,
    private readonly request: WebRequest,
  ) {
    this.#inline = request.inline;
    this.#over = request.bodyAddr === undefined;
  }

  /** Whether nothing is left that would have to be awaited. */
  get isHere(): boolean {
    return this.#over;
  }

  /** What is here of it, once. */
  take(): Buffer {
    const here = this.#inline;
    this.#inline = NOTHING;
    return here;
  }

  /**
   * The next piece; undefined at the end. Not to be called again before that.
   * @throws MsgliteError; what `stop` was told
   */
  async next(): Promise<Buffer | undefined> {
    if (this.#inline.length > 0) return this.take();
    const { bodyAddr } = this.request;
    if (this.#over || bodyAddr === undefined) return undefined;
    const piece = await this.#receive(bodyAddr, TIMEOUT);
    if (piece === undefined) throw new MsgliteError('expired', 'the rest of the body did not come in time');
    this.#over = piece.length === 0;
    return this.#over ? undefined : piece;
  }

  /** Waits for a body that comes in one message: envelope 1. @throws as `next` */
  async load(): Promise<void> {
    this.#inline = (await this.next()) ?? NOTHING;
    this.#over = true;
  }

  /** No more of it is taken; what waits fails with `reason`. */
  stop(reason: Error): void {
    this.#abort.abort(reason);
  }

  /** Takes what is there of the rest: otherwise it would wait in the broker until its time is over. */
  async drop(): Promise<void> {
    const { bodyAddr } = this.request;
    while (!this.#over && bodyAddr !== undefined) {
      const piece = await this.#receive(bodyAddr, 0);
      this.#over = piece === undefined || piece.length === 0;
    }
  }

  /** Under a lease, so that none is lost with a connection. */
  async #receive(address: string, timeout: number): Promise<Buffer | undefined> {
    const signal = timeout === 0 ? undefined : this.#abort.signal;
    const { value } = await this.client.receive(address, { count: 1, lease: LEASE, timeout, signal }).next();
    await value?.done();
    return value?.body;
  }
}
