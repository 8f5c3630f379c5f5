import type { Sender } from '../ports/exchange.js';
import { DISK_FULL } from './commits.js';
import type { Core } from './core.js';
import type { Entry } from './entry.js';
import type { KnownId } from './known-id.js';
import { Receipt } from './receipt.js';
import type { Waits } from './window.js';

/** A message that was taken and waits for its commit, and its sender for the receipt. */
export class Taking implements Waits {
  constructor(
    private readonly core: Core,
    private readonly entry: Entry,
    private readonly sender: Sender,
    private readonly tag: string,
    /** Its id, if it has one. */
    private readonly known: KnownId | undefined,
    /** It answers a message that is to be delivered once. */
    private readonly isAnswer: boolean,
  ) {}

  committed(): boolean {
    const { entry, known } = this;
    if (entry.row === 0 && (entry.stage !== 'over' || known?.kept === false)) return false;
    this.#accept();
    return true;
  }

  /** What can still be taken back is. What is out already, or over, goes on. */
  postponed(): boolean {
    const { core, entry } = this;
    const lease = entry.more?.lease;
    if (entry.stage === 'over') {
      // Its id has yet to be written, or that it was an answer.
      if (this.known !== undefined || this.isAnswer) return true;
      this.#accept();
      return false;
    }
    if (entry.stage === 'out' && lease?.state !== 'decided') return true;
    if (lease !== undefined) core.leases.cancel(lease);
    else core.ends.takeOut(entry);
    this.sender.refused(this.tag, DISK_FULL);
    core.ends.refuse(entry, DISK_FULL);
    for (const follower of this.#followers()) follower.refuse(DISK_FULL);
    return false;
  }

  #accept(): void {
    if (this.entry.message.options.receipt === 'taken') this.sender.accepted(this.tag, false);
    for (const follower of this.#followers()) follower.accept();
  }

  #followers(): readonly Receipt[] {
    const { known } = this;
    const followers = known?.followers ?? [];
    if (known !== undefined) known.followers = undefined;
    return followers;
  }
}
