import { randomInt } from 'node:crypto';
import type { Refusal } from '../../domain/errors.js';
import { type Named, Table } from '../../domain/table.js';
import type { TaggedReceiver } from './tagged-receiver.js';

/** Tags a client can have in use at a time. */
export const MAX_TAGS = 65_536;

const IN_USE: Refusal = Object.freeze({ code: 'tag-in-use', text: 'what this tag was used for is not over yet' });
const FULL: Refusal = Object.freeze({ code: 'full', text: `a connection has at most ${MAX_TAGS} tags in use` });

/** So that no client can choose tags that are slow to find. */
const SEED = randomInt(2 ** 30);

/** What a tag is in use for. */
class Use implements Named<Use> {
  hash = 0;
  next: Use | undefined = undefined;

  constructor(
    readonly name: string,
    /** Undefined: for something else than a receive. */
    readonly receiver: TaggedReceiver | undefined,
    /** Counted by its connection. */
    readonly number: number,
  ) {}
}

/**
 * The tags of one connection that are in use, and what for. A plain send holds none: its receipt is as good as on its way,
 * and receipts come in the order of their sends; so a client that answers many messages need not count.
 */
export class Tags {
  readonly #uses = new Table<Use>(SEED, 8);
  #count = 0;
  #receiving = 0;

  /** How many are in use for receives. */
  get receiving(): number {
    return this.#receiving;
  }

  /** Those that receive, in the order in which they began. */
  get receivers(): readonly TaggedReceiver[] {
    const uses: Use[] = [];
    this.#uses.forEach((use) => {
      if (use.receiver !== undefined) uses.push(use);
    });
    return uses.sort((a, b) => a.number - b.number).map(({ receiver }) => receiver as TaggedReceiver);
  }

  /** Why the tag can't be used, or undefined: then it is in use from now on. */
  take(tag: string, receiver?: TaggedReceiver): Refusal | undefined {
    if (this.#uses.get(tag) !== undefined) return IN_USE;
    if (this.#uses.size === MAX_TAGS) return FULL;
    this.#uses.add(new Use(tag, receiver, ++this.#count));
    if (receiver !== undefined) this.#receiving++;
    return undefined;
  }

  /** The receiver under this tag; undefined if the tag is not in use, or for something else. */
  receiver(tag: string): TaggedReceiver | undefined {
    return this.#uses.get(tag)?.receiver;
  }

  /** Why a plain send can't have the tag. */
  forPlain(tag: string): Refusal | undefined {
    return this.#uses.get(tag) === undefined ? undefined : IN_USE;
  }

  /** Its receive is over. */
  free(tag: string): void {
    const use = this.#uses.get(tag);
    if (use === undefined) return;
    if (use.receiver !== undefined) this.#receiving--;
    this.#uses.remove(use);
  }

  /** What was asked under it has its answer, unless it is a receive's by now. */
  answered(tag: string): void {
    if (this.#uses.size === this.#receiving) return;
    const use = this.#uses.get(tag);
    if (use !== undefined && use.receiver === undefined) this.#uses.remove(use);
  }
}
