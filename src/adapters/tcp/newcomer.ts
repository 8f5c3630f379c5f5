import type { Duplex } from 'node:stream';
import type { Rights } from '../../ports/access.js';
import { encodeRefusal } from '../../protocol/encoder.js';
import { isTaggedStart } from '../../protocol/tagged/start.js';
import type { Connection, SessionOwner } from './session-parts.js';

const WANTS_TOKEN = 'this broker wants a token, which only the tagged protocol can show: !! tag token';

/**
 * A connection that has not said yet which protocol it speaks. Its first bytes tell, and a session takes it over.
 *
 *     undecided -> decided                 a session has it
 *     undecided -> ending -> closed        turned away, or nothing was said
 */
export class Newcomer implements Connection {
  due = Number.POSITIVE_INFINITY;
  slot = -1;
  readonly busy = false;
  readonly activity = 0;

  #state: 'undecided' | 'decided' | 'ending' | 'closed' = 'undecided';
  /** What came so far, without the blanks before it: one sign at most. */
  #held = '';
  readonly #onEnd = () => this.leave();
  readonly #onError = () => this.stream.destroy();
  readonly #onClose = () => this.#close();

  /** @param decided makes its session, which hears of the stream from then on */
  constructor(
    readonly number: number,
    private readonly stream: Duplex,
    readonly rights: Rights | undefined,
    private readonly owner: SessionOwner,
    private readonly decided: (newcomer: Newcomer, tagged: boolean) => Connection,
  ) {
    stream.on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onClose);
  }

  bytes(data: Buffer, length: number): void {
    if (this.#state !== 'undecided') return;
    const begun = this.#held === '' ? data.subarray(0, length) : this.#withHeld(data, length);
    const tagged = isTaggedStart(begun);
    if (tagged === undefined) this.#held = begun.toString('latin1').trim();
    else if (!tagged && this.rights === undefined) this.#turnAway();
    else this.#decide(tagged, begun);
  }

  leave(): void {
    this.#end('');
  }

  destroy(): void {
    this.stream.destroy();
  }

  #withHeld(data: Buffer, length: number): Buffer {
    return Buffer.concat([Buffer.from(this.#held, 'latin1'), data.subarray(0, length)]);
  }

  #decide(tagged: boolean, begun: Buffer): void {
    this.#state = 'decided';
    this.stream.off('end', this.#onEnd).off('error', this.#onError).off('close', this.#onClose);
    this.decided(this, tagged).bytes(begun, begun.length);
  }

  #turnAway(): void {
    this.owner.refused(this, { code: 'unauthorized', text: WANTS_TOKEN });
    this.#end(encodeRefusal(WANTS_TOKEN));
  }

  #end(last: string): void {
    if (this.#state !== 'undecided') return;
    this.#state = 'ending';
    this.stream.end(last, 'latin1');
    this.owner.ended(this);
  }

  #close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.owner.closed(this);
  }
}
