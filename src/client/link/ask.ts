import type { ControlAnswer, DoneAnswer } from '../../protocol/tagged/answers.js';
import { encodeControl, encodeHello, encodeTaggedSend } from '../../protocol/tagged/encode-command.js';
import type { Control, SendOptions } from '../../protocol/tagged/vocabulary.js';
import type { Timed } from '../timeouts.js';
import type { Tagged } from './by-tag.js';

/** Why something was not done: one of the protocol's codes or `ErrorCode`s, and a text for people. */
export interface LinkRefusal {
  readonly code: string;
  readonly text: string;
}

/** What is sent. Addresses and body are strings of one byte per character. */
export interface Outgoing {
  readonly to: string;
  readonly replyTo: string | undefined;
  readonly body: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly options: SendOptions;
  /** Its id is not the user's, but there so that it can be sent again. */
  readonly idIsOurs?: boolean;
}

/** Who hears what became of a send; each is told once. `tag` is what came with it. */
export interface SendListener {
  accepted(tag: string, duplicate: boolean): void;
  refused(tag: string, refusal: LinkRefusal): void;
}

/** Who asked to inspect or control. */
export interface AskListener {
  /** @param answer what the JSON says */
  answered(tag: string, answer: object): void;
  refused(tag: string, refusal: LinkRefusal): void;
}

/** Bytes that an ask counts for beside its body. */
const OVERHEAD = 300;

/** Milliseconds that a message may have waited to be said, and still have all its time. */
const LATE = 1000;

/** A command that is answered once, and until then is kept to be said again. */
export abstract class Ask implements Timed, Tagged<Ask> {
  /** When it is no use any more; what was said then may be carried out all the same. */
  due = Number.POSITIVE_INFINITY;
  /** It was said on the connection that is there. */
  written = false;
  /** It was said at least once. */
  tried = false;
  /** It was answered, or nobody waits for its answer any more. */
  over = false;
  /** Its own on the wire, for all connections. */
  readonly tag: string;
  next: Ask | undefined = undefined;

  constructor(
    /** Counted by its link; its tag says it. */
    readonly number: number,
    /** What it counts for in limits, in bytes. */
    readonly cost: number,
    /** Whether it may be said again when nobody knows if it was carried out. */
    public repeatable: boolean,
  ) {
    this.tag = String(number);
  }

  /** The broker has no room for it. @returns whether it is worth saying once more, as it is now */
  slim(): boolean {
    return false;
  }

  /** What is said, at `now`. */
  abstract text(now: number): string;
  abstract answered(answer: DoneAnswer | ControlAnswer): void;
  abstract refused(refusal: LinkRefusal): void;
}

/** `>>` */
export class SendAsk extends Ask {
  constructor(
    number: number,
    private message: Outgoing,
    private readonly listener: SendListener,
    private readonly theirTag: string,
    now: number,
  ) {
    super(number, message.body.length + OVERHEAD, message.options.id !== undefined);
    // One sent with 0 lives for a second.
    this.due = now + (message.timeout || 1000);
  }

  /** Perhaps it is only ids that there are too many of. */
  override slim(): boolean {
    const { options, idIsOurs = false } = this.message;
    if (!idIsOurs) return false;
    this.message = { ...this.message, idIsOurs: false, options: { ...options, id: undefined } };
    this.repeatable = false;
    return true;
  }

  /** Said late, it has only so much time as is left. */
  text(now: number): string {
    const { message } = this;
    const left = this.due - now;
    if (left > message.timeout - LATE) return encodeTaggedSend(this.tag, message);
    const timeout = Math.max(1, Math.floor(left));
    const { options } = message;
    const delay = Math.max(0, Math.min(options.delay - (message.timeout - timeout), timeout - 1));
    return encodeTaggedSend(this.tag, { ...message, timeout, options: { ...options, delay } });
  }

  answered(answer: DoneAnswer | ControlAnswer): void {
    const duplicate = answer.kind === 'done' && answer.options.get('duplicate') === '1';
    this.listener.accepted(this.theirTag, duplicate);
  }

  refused(refusal: LinkRefusal): void {
    this.listener.refused(this.theirTag, refusal);
  }
}

/** `!!`, as a flush. */
export class FlushAsk extends Ask {
  constructor(
    number: number,
    private readonly done: (refusal?: LinkRefusal) => void,
  ) {
    super(number, 0, true);
  }

  text(): string {
    return encodeHello(this.tag);
  }

  answered(): void {
    this.done();
  }

  refused(refusal: LinkRefusal): void {
    this.done(refusal);
  }
}

/** `==` */
export class ControlAsk extends Ask {
  constructor(
    number: number,
    private readonly control: Control,
    private readonly listener: AskListener,
    private readonly theirTag: string,
  ) {
    super(number, OVERHEAD, !['purge', 'kick', 'recall'].includes(control.command));
  }

  text(): string {
    return encodeControl(this.tag, this.control);
  }

  answered(answer: DoneAnswer | ControlAnswer): void {
    this.listener.answered(this.theirTag, JSON.parse(Buffer.from(answer.body, 'latin1').toString()) as object);
  }

  refused(refusal: LinkRefusal): void {
    this.listener.refused(this.theirTag, refusal);
  }
}
