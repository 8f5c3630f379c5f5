import type { Outcome } from '../ports/journal.js';
import { deadAddress } from './address.js';
import type { Core } from './core.js';
import type { Entry } from './entry.js';
import type { Refusal } from './errors.js';
import { lifetime, type Message } from './message.js';
import type { Receipt } from './receipt.js';
import { type Named, Table } from './table.js';

/** Messages whose answer shows at the address of this name. */
class Unanswered implements Named<Unanswered> {
  hash = 0;
  next: Unanswered | undefined = undefined;
  /** The only one, as it mostly is. */
  #one: Entry | undefined = undefined;
  #several: Set<Entry> | undefined = undefined;

  constructor(readonly name: string) {}

  static readonly of = (name: string) => new Unanswered(name);

  get entries(): Iterable<Entry> {
    return this.#several ?? (this.#one === undefined ? [] : [this.#one]);
  }

  add(entry: Entry): void {
    if (this.#several !== undefined) this.#several.add(entry);
    else if (this.#one === undefined) this.#one = entry;
    else if (this.#one !== entry) this.#several = new Set([this.#one, entry]);
  }

  /** @returns whether none is left */
  remove(entry: Entry): boolean {
    if (this.#several !== undefined) {
      this.#several.delete(entry);
      return this.#several.size === 0;
    }
    if (this.#one === entry) this.#one = undefined;
    return this.#one === undefined;
  }
}

/** How messages end: finished, expired, dead. */
export class Ends {
  /** Messages to be delivered once that are out or were, by the address at which an answer to them shows. */
  readonly #unanswered: Table<Unanswered>;

  constructor(private readonly core: Core) {
    this.#unanswered = new Table(core.seed);
  }

  /** The message is over, and in no queue. */
  finish(entry: Entry, outcome: Outcome): void {
    const { core } = this;
    entry.stage = 'over';
    core.tally.end(entry);
    if (entry.row !== 0) core.commits?.touch(entry);
    if (entry.more !== undefined) {
      this.#expectNone(entry);
      this.#conclude(entry, outcome);
    }
  }

  /** Nobody received it in its time. */
  expire(entry: Entry): void {
    this.core.tally.expired++;
    this.finish(entry, 'expired');
  }

  /** It was refused after all: nothing of it was kept. Those who sent it again and wait for its end hear of that here. */
  refuse(entry: Entry, refusal: Refusal): void {
    const { core } = this;
    core.tally.refused++;
    entry.stage = 'over';
    core.tally.end(entry);
    const { more } = entry;
    if (more === undefined) return;
    this.#expectNone(entry);
    if (more.known !== undefined) core.known.remove(more.known);
    for (const receipt of more.receipts ?? []) if (receipt.duplicate) receipt.refuse(refusal);
    more.receipts = undefined;
  }

  /** It may not be delivered again: it becomes a dead letter, or is dropped. */
  bury(entry: Entry): void {
    const { core } = this;
    const { dead } = entry.message.options;
    core.tally.dead++;
    if (entry.isDeadLetter || dead === '') {
      this.finish(entry, 'dead');
      return;
    }
    this.#expectNone(entry);
    this.#conclude(entry, 'dead');
    this.#move(entry, dead ?? deadAddress(entry.message.to), core.limits.deadLifetime);
  }

  /** A dead letter goes back to where it was sent to, as new. */
  kick(entry: Entry): void {
    entry.extra.attempts = 0;
    this.#move(entry, undefined, lifetime(entry.message));
  }

  /** The delay is over: it takes its place. */
  place(entry: Entry): void {
    const { core } = this;
    if (entry.due <= core.time.now()) {
      this.expire(entry);
      return;
    }
    entry.renumber(++core.lastSeq);
    entry.stage = 'new';
    this.#enter(entry);
  }

  #move(entry: Entry, at: string | undefined, milliseconds: number): void {
    const { core } = this;
    entry.move(at, ++core.lastSeq, core.time.now() + milliseconds);
    this.#enter(entry);
  }

  #enter(entry: Entry): void {
    const { core } = this;
    core.commits?.touch(entry);
    core.lines.enter(entry, core.queue(entry.queue));
  }

  /** Tells those who wait for the end, and remembers the id. */
  #conclude({ more }: Entry, outcome: Outcome): void {
    if (more === undefined) return;
    const { known, receipts } = more;
    if (known !== undefined) this.core.finishId(known, outcome);
    more.known = undefined;
    more.receipts = undefined;
    if (receipts !== undefined) this.tell(receipts, outcome);
  }

  /** After the next commit, so that what was told is true. */
  tell(receipts: readonly Receipt[], outcome: Outcome): void {
    const { commits } = this.core;
    const tell = () => {
      for (const receipt of receipts) receipt.tell(outcome);
      return true;
    };
    if (commits === undefined) tell();
    else commits.await({ committed: tell, postponed: () => true });
  }

  // Messages that are to be delivered once

  /** The message goes out: an answer to it may come from now on. */
  expectAnswer(entry: Entry): void {
    const { options, replyTo } = entry.message;
    if (!options.once || replyTo === undefined || entry.isDeadLetter) return;
    this.#unanswered.need(replyTo, Unanswered.of).add(entry);
  }

  /** Something was sent there. @returns whether it may be an answer to such a message */
  answered({ to }: Message): boolean {
    if (this.#unanswered.size === 0) return false;
    const unanswered = this.#unanswered.get(to);
    if (unanswered === undefined) return false;
    this.#unanswered.remove(unanswered);
    for (const entry of unanswered.entries) {
      entry.extra.answered = true;
      this.core.commits?.touchDelivery(entry);
      // One that had come back already: it is not delivered again.
      if (this.takeOut(entry)) this.bury(entry);
    }
    return true;
  }

  /** Takes a message out of where it waits. @returns false if it waits nowhere */
  takeOut(entry: Entry): boolean {
    if (entry.stage === 'queued') this.core.lines.unqueue(entry);
    else if (entry.stage === 'delayed' && entry.more?.delay) this.core.delays.remove(entry.more.delay);
    else return false;
    return true;
  }

  #expectNone(entry: Entry): void {
    const { options, replyTo } = entry.message;
    if (!options.once || replyTo === undefined) return;
    const unanswered = this.#unanswered.get(replyTo);
    if (unanswered?.remove(entry)) this.#unanswered.remove(unanswered);
  }
}
