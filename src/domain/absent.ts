import type { Outcome, Stored } from '../ports/journal.js';
import type { Core } from './core.js';
import { Entry } from './entry.js';
import type { KnownId } from './known-id.js';
import { type Receipt, withReceipt } from './receipt.js';

/** What the broker has to know of messages that are not in memory but left to the journal. */
export class Absent {
  /** Receipts due at their ends, by `seq`. */
  readonly #receipts = new Map<number, Receipt[]>();
  /** Names in the journal of messages that are over, or have got another place, which it does not know yet. */
  readonly #stale = new Set<number>();

  constructor(private readonly core: Core) {}

  /** The message leaves memory. */
  letGo(entry: Entry): void {
    this.core.tally.bytes -= entry.cost;
    const { known, receipts } = entry.more ?? {};
    if (known !== undefined) {
      known.entry = undefined;
      known.seq = entry.seq;
    }
    if (receipts !== undefined) this.#receipts.set(entry.seq, receipts);
    this.core.setAlarm();
  }

  /** The message is in memory again. */
  back(stored: Stored): Entry {
    const entry = Entry.stored(stored);
    this.core.tally.bytes += entry.cost;
    const known = this.knownId(stored);
    if (known !== undefined) {
      entry.extra.known = known;
      known.entry = entry;
    }
    const receipts = this.#receipts.get(stored.seq);
    if (receipts !== undefined) {
      entry.extra.receipts = receipts;
      this.#receipts.delete(stored.seq);
    }
    return entry;
  }

  /** It is over. */
  end(seq: number, known: KnownId | undefined, outcome: Outcome): void {
    const { core } = this;
    core.tally.messages--;
    if (known !== undefined) core.finishId(known, outcome);
    core.commits?.removeCold(seq);
    this.outdate(seq);
    const receipts = this.#receipts.get(seq);
    this.#receipts.delete(seq);
    if (receipts !== undefined) core.ends.tell(receipts, outcome);
  }

  /** Its id, while that is not finished. */
  knownId({ at, seq, message: { to, options } }: Stored): KnownId | undefined {
    if (options.id === undefined || at !== to) return undefined;
    const known = this.core.known.get(to, options.id);
    return known?.outcome === undefined && known?.seq === seq ? known : undefined;
  }

  /** Somebody waits for its end. */
  addReceipt(seq: number, receipt: Receipt): void {
    this.#receipts.set(seq, withReceipt(this.#receipts.get(seq), receipt));
  }

  /** What the journal has under this name is not true any more; with the next commit it will know. */
  outdate(seq: number): void {
    this.#stale.add(seq);
    this.core.commits?.await({
      committed: () => {
        this.#stale.delete(seq);
        return true;
      },
      postponed: () => true,
    });
  }

  /** Whether what the journal has under this name is to be passed over. */
  isStale(seq: number): boolean {
    return this.#stale.has(seq);
  }
}
