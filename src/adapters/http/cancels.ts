import { Message, STANDARD } from '../../domain/message.js';
import type { Asker, Delivery, Exchange, Receiver, Sender } from '../../ports/exchange.js';
import type { Turn } from '../../ports/turn.js';

/** Milliseconds for which the word that nobody waits any more waits to be heard itself. */
const CANCEL_TIMEOUT = 60_000;
/** Nobody wants to see that it was not heard. */
const UNHEARD = Object.freeze({ ...STANDARD, dead: '' });

/** A request that was sent and that nobody waits for any more. */
export interface Abandoned {
  readonly label: string;
  /** Where it was sent. */
  readonly to: string;
  /** Where its handler is told; undefined: nowhere. */
  readonly cancelAddr: string | undefined;
  /** Where pieces of its body may wait; undefined: there are none. */
  readonly bodyAddr: string | undefined;
  /** It was sent with its label as its id, and no handler has answered it. */
  readonly recallable: boolean;
}

/** Takes back requests that nobody waits for any more, and where that is too late tells their handlers. */
export class Cancels implements Asker, Sender, Receiver {
  /** By label: those that were asked back. */
  readonly #recalled = new Map<string, Abandoned>();
  #pending = 0;
  #idle: (() => void)[] = [];
  #givenUp = false;
  readonly slow = false;

  constructor(
    private readonly exchange: Exchange,
    private readonly turn: Turn,
  ) {}

  /** Can be called within calls of the exchange. */
  add(request: Abandoned): void {
    const { label, recallable } = request;
    if (!recallable && request.cancelAddr === undefined) return;
    if (recallable) this.#recalled.set(label, request);
    this.#later(() => {
      if (recallable) this.#recall(request);
      else this.#tell(request);
    });
  }

  /** Pieces of a body that nobody is to get are taken out of their queue. */
  drop(bodyAddr: string): void {
    const wanted = { addresses: [bodyAddr], timeout: 0, count: Number.POSITIVE_INFINITY, lease: 0 };
    this.#later(() => void this.exchange.receive(wanted, this));
  }

  /** Resolves when all that was added has been seen to, or was given up. */
  done(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.#settleIdle();
    });
  }

  /** What the exchange has not answered by now is waited for no longer. */
  giveUp(): void {
    this.#givenUp = true;
    this.#settleIdle();
  }

  answered(label: string, answer: object): void {
    this.#answered(label, 'recalled' in answer && answer.recalled === true);
  }

  deliver(delivery: Delivery): void {
    this.exchange.settle(delivery);
  }

  expired(): void {
    // There were no more pieces.
  }

  lapsed(): void {
    // The piece comes back to a queue that nobody looks into, and expires there.
  }

  accepted(): void {
    // Whether a handler listens is up to it.
  }

  /** Of a recall: then the handler is told, as ever. Of a cancel: there is nothing else to be done. */
  refused(label: string): void {
    this.#answered(label, false);
  }

  #recall({ label, to }: Abandoned): void {
    this.#pending++;
    this.exchange.control({ command: 'recall', address: to, id: label }, this, label);
  }

  #answered(label: string, recalled: boolean): void {
    const request = this.#recalled.get(label);
    if (request === undefined) return;
    this.#recalled.delete(label);
    const { bodyAddr } = request;
    if (!recalled) this.#later(() => this.#tell(request));
    else if (bodyAddr !== undefined) this.drop(bodyAddr);
    this.#end();
  }

  #tell({ cancelAddr }: Abandoned): void {
    if (cancelAddr === undefined) return;
    this.exchange.send(new Message(cancelAddr, undefined, '', CANCEL_TIMEOUT, UNHEARD), this, '');
  }

  #later(task: () => void): void {
    this.#pending++;
    this.turn.resume(() => {
      task();
      this.#end();
    });
  }

  #end(): void {
    this.#pending--;
    this.#settleIdle();
  }

  #settleIdle(): void {
    if (this.#pending > 0 && !this.#givenUp) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
