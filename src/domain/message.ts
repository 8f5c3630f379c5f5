/**
 * Opaque bytes, one per character (code units 0 to 255, "Latin-1"). For the short bodies that a broker mostly
 * carries, this is what costs least to hold (no buffer, no view) and to join into an answer; bytes go in and out
 * at the edges only.
 */
export type Body = string;

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
  ) {}
}

/** Milliseconds for which a message waits to be received: one sent with a timeout of 0 lives for a second, as in 2010. */
export function lifetime(message: Message): number {
  return message.timeout === 0 ? 1000 : message.timeout;
}
