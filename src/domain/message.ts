/**
 * Opaque bytes, one per character (code units 0 to 255, "Latin-1"). For the short bodies that a broker mostly
 * carries, this is what costs least to hold (no buffer, no view) and to join into an answer; bytes go in and out
 * at the edges only.
 */
export type Body = string;

/** Leased deliveries a message may have in all, where its sender does not say. */
export const ATTEMPTS = 5;

/** What a sender asks for beyond address, timeout and body. */
export interface SendOptions {
  /** The sender's own unique name for the message: 1 to 128 bytes. */
  readonly id: string | undefined;
  /** Milliseconds before it takes its place in its queue; 0 or more, less than its timeout. */
  readonly delay: number;
  /** Leased deliveries it may have in all: 1 or more. Then it is dead. */
  readonly attempts: number;
  /** Once somebody has sent to its reply address, it is not delivered again. */
  readonly once: boolean;
  /** Where it goes when it is dead. Undefined: `dead:` and its address. Empty: nowhere, it is dropped. */
  readonly dead: string | undefined;
  /** Its sender hears of it when it is taken, or when it is finished. */
  readonly receipt: 'taken' | 'done';
}

export const STANDARD: SendOptions = Object.freeze({
  id: undefined,
  delay: 0,
  attempts: ATTEMPTS,
  once: false,
  dead: undefined,
  receipt: 'taken',
});

/**
 * What a sender sent. Never changes.
 *
 * A class, so that all have one shape, and because V8 learns from object literals: after a million of them had stayed
 * in a queue it would make each new one where only the slow garbage collector looks.
 */
export class Message {
  constructor(
    /** The full address, label included. */
    readonly to: string,
    /** Where an answer is awaited, if one is. */
    readonly replyTo: string | undefined,
    readonly body: Body,
    /** Milliseconds, 0 or more, as it was sent. See `lifetime`. */
    readonly timeout: number,
    readonly options: SendOptions = STANDARD,
  ) {}
}

/** Milliseconds for which a message waits to be received: one sent with a timeout of 0 lives for a second, as in 2010. */
export function lifetime(message: Pick<Message, 'timeout'>): number {
  return message.timeout === 0 ? 1000 : message.timeout;
}
