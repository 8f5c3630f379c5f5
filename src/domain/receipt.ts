import type { Sender } from '../ports/exchange.js';
import type { Outcome } from '../ports/journal.js';
import type { Refusal } from './errors.js';

const OUTCOMES: Readonly<Record<Exclude<Outcome, 'done'>, Refusal>> = {
  dead: {
    code: 'dead',
    text: 'the message is dead: it was not finished in its attempts and its time, or it was taken back',
  },
  expired: { code: 'expired', text: 'nobody received the message in its time' },
};

/** What a sender is still owed for one send. */
export class Receipt {
  constructor(
    readonly sender: Sender,
    readonly tag: string,
    /** The message had been taken before. */
    readonly duplicate: boolean,
  ) {}

  accept(): void {
    this.sender.accepted(this.tag, this.duplicate);
  }

  refuse(refusal: Refusal): void {
    this.sender.refused(this.tag, refusal);
  }

  /** For one who waits for the end. */
  tell(outcome: Outcome): void {
    if (outcome === 'done') this.accept();
    else this.refuse(OUTCOMES[outcome]);
  }
}

/**
 * One more for a message. Who sends that again on each new connection would leave one behind on all of them: so whenever there are
 * twice as many as before, those that nobody would hear of are let go.
 */
export function withReceipt(receipts: Receipt[] | undefined, receipt: Receipt): Receipt[] {
  if (receipts === undefined) return [receipt];
  const { length } = receipts;
  const isDue = (length & (length - 1)) === 0;
  const kept = isDue ? receipts.filter(({ sender }) => sender.isGone !== true) : receipts;
  kept.push(receipt);
  return kept;
}
