import { MsgliteError } from '../errors.js';
import type { LeasedMessage } from '../message.js';

/** The head of an answer. */
export interface AnswerHead {
  /** With a reason, perhaps. */
  readonly status: string;
  /** Name, value, name, value; characters up to U+00FF. */
  readonly headers: readonly string[];
  /** What Content-Length says; 0 where there can be no body. Undefined: an end is said. */
  readonly length: number | undefined;
}

/** Most bytes of a body in one message. */
const PIECE = 64 * 1024;
/** Pieces under way: the proxy finishes one when its client has taken it. */
const WINDOW = 4;
/** Seconds for the proxy to take one. */
const TIMEOUT = 60;

const NOTHING = Buffer.alloc(0);

/** What is sent to where the proxy awaits the answer to a request, no further ahead than its client reads. */
export class Answer {
  readonly #underWay: Promise<void>[] = [];
  #begun = false;
  #complete = false;
  #left: number | undefined;
  #failure: { readonly reason: unknown } | undefined;

  constructor(private readonly message: LeasedMessage) {}

  /** Something was sent. */
  get begun(): boolean {
    return this.#begun;
  }

  /** All was sent. */
  get complete(): boolean {
    return this.#complete;
  }

  /**
   * Sends a part: the head if there is none yet, some of the body, its end. Resolves when there is room for more, after
   * the last part when the broker has all of it. Parts wait for each other. What goes beyond Content-Length is cut off.
   * @throws MsgliteError
   */
  async send(head: AnswerHead | undefined, body: Buffer, end: boolean): Promise<void> {
    if (this.#complete) return;
    if (head !== undefined) this.#left = head.length;
    const bytes = this.#left === undefined ? body : body.subarray(0, this.#left);
    let start = head === undefined ? NOTHING : startOf(head, bytes.length > 0);
    let at = 0;
    do {
      const piece = bytes.subarray(at, at + PIECE);
      at += PIECE;
      if (this.#left !== undefined) this.#left -= piece.length;
      if (start.length + piece.length === 0) break;
      await this.#piece(start.length === 0 ? piece : Buffer.concat([start, piece]), this.#left === 0);
      start = NOTHING;
    } while (at < bytes.length);
    if (end && !this.#complete) await this.#piece(NOTHING, true);
  }

  async #piece(bytes: Buffer, last: boolean): Promise<void> {
    this.#throwIfFailed();
    const whole = last && !this.#begun;
    this.#begun = true;
    this.#complete = last;
    if (whole) return this.#whole(bytes);
    const options = { timeout: TIMEOUT, dead: null, receipt: last ? 'taken' : 'done' } as const;
    const sent = this.message.reply(bytes, options);
    if (last) return void (await sent);
    this.#track(sent);
    if (this.#underWay.length >= WINDOW) await this.#underWay[0];
    this.#throwIfFailed();
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.reason;
  }

  /** It may be said again: the proxy drops a second one. */
  async #whole(bytes: Buffer): Promise<void> {
    while (true) {
      try {
        await this.message.reply(bytes, { timeout: TIMEOUT });
        return;
      } catch (error) {
        const again = error instanceof MsgliteError && error.code === 'connection-lost' && this.message.isOurs;
        if (!again) throw error;
      }
    }
  }

  #track(sent: Promise<unknown>): void {
    const settled = sent
      .then(
        () => undefined,
        (reason: unknown) => {
          this.#failure ??= { reason };
        },
      )
      .then(() => {
        this.#underWay.splice(this.#underWay.indexOf(settled), 1);
      });
    this.#underWay.push(settled);
  }
}

function startOf({ status, headers }: AnswerHead, bodyFollows: boolean): Buffer {
  const json = JSON.stringify([status, headers]);
  return Buffer.from(bodyFollows ? `${json}\n` : json);
}
