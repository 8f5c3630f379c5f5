import type { Timing } from '../timing.js';
import type { LinkRefusal } from './ask.js';
import type { LinkDelivery } from './delivery.js';
import type { Link } from './link.js';
import type { LinkReceive, ReceiveListener, Wanted } from './receive.js';

/** What is taken: `count` messages in all, `concurrency` of them at a time. */
export interface WantedStream extends Wanted {
  readonly concurrency: number;
}

/** Who takes. */
export interface Taker {
  taken(delivery: LinkDelivery): void;
  /** The lease of one that was taken is lost. It counts until `release`. */
  lapsed(delivery: LinkDelivery): void;
  /** It was finished too late, and comes again. It does not count any more. */
  tooLate(delivery: LinkDelivery): void;
  /** No more will come. Called once. */
  ended(refusal: LinkRefusal | undefined): void;
}

/** A stream of messages: as many are asked for as there are free places. */
export class Taking implements ReceiveListener {
  readonly #receives = new Set<LinkReceive>();
  readonly #due: number;
  /** Messages that may still come of what was asked for. */
  #asked = 0;
  /** Messages taken and not released. */
  #out = 0;
  /** Messages not asked for yet. */
  #left: number;
  #filling = false;
  #stopped = false;
  #ended = false;
  #refusal: LinkRefusal | undefined;
  readonly #fill = () => this.#ask();

  constructor(
    private readonly link: Link,
    private readonly timing: Timing,
    private readonly wanted: WantedStream,
    private readonly taker: Taker,
  ) {
    this.#left = wanted.count;
    this.#due = timing.now() + wanted.timeout;
    this.#ask();
  }

  /** Messages taken and not released. */
  get out(): number {
    return this.#out;
  }

  /** One that was taken leaves its place to the next. */
  release(): void {
    this.#out--;
    if (this.#filling || this.#stopped) return;
    // Joins what is asked for when several are done together.
    this.#filling = true;
    queueMicrotask(this.#fill);
  }

  /** Takes no more. What is on its way still comes. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const receive of [...this.#receives]) this.link.withdraw(receive);
    this.#lookForEnd();
  }

  deliver(delivery: LinkDelivery, receive: LinkReceive): void {
    this.#asked--;
    this.#out++;
    if (receive.state === 'over') this.#receives.delete(receive);
    this.taker.taken(delivery);
    this.#lookForEnd();
  }

  expired(receive: LinkReceive): void {
    this.#over(receive);
    this.stop();
  }

  withdrawn(receive: LinkReceive): void {
    this.#over(receive);
    this.#lookForEnd();
  }

  refused(receive: LinkReceive, refusal: LinkRefusal): void {
    this.#over(receive);
    this.#refusal ??= refusal;
    this.stop();
    this.#lookForEnd();
  }

  lapsed(delivery: LinkDelivery): void {
    this.taker.lapsed(delivery);
  }

  tooLate(delivery: LinkDelivery): void {
    if (!delivery.repeated) this.taker.tooLate(delivery);
  }

  #ask(): void {
    this.#filling = false;
    const { concurrency, timeout } = this.wanted;
    const count = Math.min(concurrency - this.#out - this.#asked, this.#left);
    if (this.#stopped || count <= 0) return;
    this.#left -= count;
    this.#asked += count;
    const left = timeout === 0 ? 0 : Math.max(1, this.#due - this.timing.now());
    this.#receives.add(this.link.receive({ ...this.wanted, count, timeout: left }, this));
  }

  #over(receive: LinkReceive): void {
    this.#asked -= receive.left;
    this.#receives.delete(receive);
  }

  #lookForEnd(): void {
    if (this.#ended || this.#receives.size > 0 || !(this.#stopped || this.#left === 0)) return;
    this.#ended = true;
    this.#stopped = true;
    this.taker.ended(this.#refusal);
  }
}
