import type { Outcome, StoredId } from '../ports/journal.js';
import type { Entry } from './entry.js';
import type { Receipt } from './receipt.js';

/** A sender's id for a message, and what became of that. */
export class KnownId {
  /** Undefined while the message waits or is out. */
  outcome: Outcome | undefined = undefined;
  number = 0;
  forgetAt = Number.POSITIVE_INFINITY;
  /** The message, where it is in memory. */
  entry: Entry | undefined = undefined;
  /** That it is finished is on disk. */
  kept = false;
  /** Those who sent it again before its first sender had a receipt; they get the same one. Undefined: that is past. */
  followers: Receipt[] | undefined = undefined;

  constructor(
    readonly address: string,
    readonly id: string,
    readonly fingerprint: number,
    /** Its message's name in the journal. */
    public seq: number,
  ) {}

  /** For the journal, once it is finished. */
  stored(): StoredId {
    const { number, address, id, fingerprint, forgetAt } = this;
    return { number, address, id, fingerprint, outcome: this.outcome ?? 'done', forgetAt };
  }
}
