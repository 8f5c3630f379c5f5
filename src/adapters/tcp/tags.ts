import type { Refusal } from '../../domain/errors.js';
import type { TaggedReceiver } from './tagged-receiver.js';

/** Tags a client can have in use at a time. */
export const MAX_TAGS = 65_536;

const IN_USE: Refusal = Object.freeze({ code: 'tag-in-use', text: 'what this tag was used for is not over yet' });
const FULL: Refusal = Object.freeze({ code: 'full', text: `a connection has at most ${MAX_TAGS} tags in use` });

/**
 * The tags of one connection that are in use, and what for. A plain send holds none: its receipt is as good as on its way,
 * and receipts come in the order of their sends; so a client that answers many messages need not count.
 */
export class Tags {
  readonly #uses = new Map<string, TaggedReceiver | undefined>();
  /** Those that receive. */
  readonly receivers = new Set<TaggedReceiver>();

  /** Why the tag can't be used, or undefined: then it is in use from now on. */
  take(tag: string, receiver?: TaggedReceiver): Refusal | undefined {
    if (this.#uses.has(tag)) return IN_USE;
    if (this.#uses.size === MAX_TAGS) return FULL;
    this.#uses.set(tag, receiver);
    if (receiver !== undefined) this.receivers.add(receiver);
    return undefined;
  }

  /** The receiver under this tag; undefined if the tag is not in use, or for something else. */
  receiver(tag: string): TaggedReceiver | undefined {
    return this.#uses.get(tag);
  }

  /** Why a plain send can't have the tag. */
  forPlain(tag: string): Refusal | undefined {
    return this.#uses.has(tag) ? IN_USE : undefined;
  }

  /** Its receive is over. */
  free(tag: string): void {
    const receiver = this.#uses.get(tag);
    if (receiver !== undefined) this.receivers.delete(receiver);
    this.#uses.delete(tag);
  }

  /** What was asked under it has its answer, unless it is a receive's by now. */
  answered(tag: string): void {
    if (this.#uses.size === this.receivers.size) return;
    if (this.#uses.get(tag) === undefined) this.#uses.delete(tag);
  }
}
