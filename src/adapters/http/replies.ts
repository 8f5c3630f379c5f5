import { flat } from './flat.js';
import { type BadHead, judgeResponseHead, ResponseHead } from './head/response.js';
import { parseReply } from './reply.js';

/** The beginning of a reply that makes sense. */
export interface GoodReply {
  readonly head: ResponseHead;
  /** The body bytes that came with it. */
  readonly rest: string;
}

/** Characters of a head that is remembered, at most, and heads: twice as many, before the older ones are forgotten. */
const LONGEST = 512;
const MOST = 512;

/** Reads replies. Handlers repeat themselves: heads that were judged are remembered by their text, as many as is said above. */
export class Replies {
  #recent = new Map<string, ResponseHead>();
  #older = new Map<string, ResponseHead>();

  /** @param message the first of a reply */
  read(message: string): GoodReply | BadHead {
    const end = message.indexOf('\n');
    const text = end === -1 ? message : message.slice(0, end);
    const known = text.length > LONGEST ? undefined : this.#find(text);
    if (known !== undefined) return { head: known, rest: end === -1 ? '' : message.slice(end + 1) };
    const reply = parseReply(message);
    if (reply === undefined) return { wrong: 'expected a JSON array, alone or on a line of its own' };
    const head = judgeResponseHead(reply.head);
    if (!(head instanceof ResponseHead)) return head;
    // The text of one that stretches over several lines is not all of it.
    const whole = text.length <= LONGEST && reply.rest.length === (end === -1 ? 0 : message.length - end - 1);
    if (whole) this.#remember(text, head);
    return { head, rest: reply.rest };
  }

  #find(text: string): ResponseHead | undefined {
    return this.#recent.get(text) ?? this.#older.get(text);
  }

  #remember(text: string, head: ResponseHead): void {
    if (this.#recent.size >= MOST) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(flat(text), head);
  }
}
