import type { ResponseHead } from './head/response.js';
import type { Outgoing } from './outgoing.js';

/**
 * What became of a piece: there may be `more`; more may come, but the client should first read (`full`); that was all
 * (`over`), and even too much of it (`excess`); it ended before what Content-Length says, and was not written (`short`).
 */
export type Written = 'more' | 'full' | 'over' | 'excess' | 'short';

/** Who has it written. */
export interface ResponseOwner {
  /** The client's side has taken a piece. Called for each but the last, in their order. */
  taken(): void;
}

/**
 * A response on its way to the client: its head, then its body in pieces, framed by what the head says. The head is
 * held back for the first piece, so that a small response is one write.
 */
export class Response {
  #headSent = false;
  /** Bytes still to come; undefined if only an empty piece ends it. */
  #missing: number | undefined;
  readonly #silent: boolean;
  #taken: (() => void) | undefined;

  constructor(
    private readonly to: Outgoing,
    private readonly head: ResponseHead,
    /** Its body is for nobody: it answers HEAD. */
    forHead: boolean,
    /** No other request is taken on this connection. */
    private readonly last: boolean,
    private readonly owner: ResponseOwner,
  ) {
    this.#silent = head.bodiless || forHead;
    this.#missing = this.#silent ? 0 : head.length;
  }

  /** Whether the head alone is all there is. */
  get isHeadOnly(): boolean {
    return this.#missing === 0;
  }

  get headSent(): boolean {
    return this.#headSent;
  }

  /** Whether the client's side has taken all that was written. Most answers it takes at once. */
  get allTaken(): boolean {
    return this.to.taken;
  }

  /** Sends the head if it is held back; `taken` is called when the client's side has it. */
  flush(taken: () => void): void {
    if (this.#headSent) return;
    this.#writeHead();
    this.to.write('', taken);
  }

  /** Bytes as Latin-1; none of them for the end. After any answer but `more` and `full` there is no other piece. */
  piece(bytes: string): Written {
    if (this.#silent) return this.#end('', 'over');
    const missing = this.#missing;
    if (missing === undefined) return bytes === '' ? this.#end('', 'over') : this.#write(bytes);
    if (bytes.length > missing) return this.#end(bytes.slice(0, missing), 'excess');
    if (bytes.length === missing) return this.#end(bytes, 'over');
    if (bytes === '') return 'short';
    this.#missing = missing - bytes.length;
    return this.#write(bytes);
  }

  #write(bytes: string): Written {
    this.#writeHead();
    this.#taken ??= () => this.owner.taken();
    return this.to.write(bytes, this.#taken) ? 'more' : 'full';
  }

  #end(bytes: string, written: Written): Written {
    this.#writeHead();
    this.to.end(bytes);
    return written;
  }

  #writeHead(): void {
    if (this.#headSent) return;
    this.#headSent = true;
    this.to.begin(this.head, this.last);
  }
}
