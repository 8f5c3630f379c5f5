import type { Control } from '../domain/control.js';
import type { Refusal } from '../domain/errors.js';
import type { Message } from '../domain/message.js';

/** A message on its way to a receiver. Until it is settled or given back, it is the receiver's. */
export interface Delivery {
  readonly message: Message;
  /** The full address it is at: `message.to`, or for a dead letter the one it was moved to. */
  readonly at: string;
  /** Which of its deliveries this is: 1 for the first. */
  readonly attempt: number;
  /** Under a lease: its name, `@` and 22 characters that nobody can guess. Undefined: there is no lease. */
  readonly name: string | undefined;
  /** Milliseconds for which it is leased from when its last byte was written; 0: there is no lease. */
  readonly lease: number;
}

/** A receive that is under way; the exchange's own, opaque to others. */
export interface Receive {
  /** False once it is over: it has its messages, its time ran out, or it was withdrawn. */
  readonly waiting: boolean;
  /** Deliveries that are decided but not yet made: they wait for the journal. They come also after a withdrawal. */
  readonly underWay: number;
}

/** What a receiver asks for. */
export interface Wanted {
  /** 1 to 8 addresses. The first that holds a message wins; one named twice counts once. */
  readonly addresses: readonly string[];
  /** Milliseconds, 0 or more, for the whole. 0: only what is there already. Infinity: for ever. */
  readonly timeout: number;
  /** How many messages it takes: 1 or more, or Infinity. After each it goes to the end of its lines. */
  readonly count: number;
  /** Milliseconds for which each message is leased. 0: it is finished when its bytes have left. */
  readonly lease: number;
}

/**
 * Who receives. Its methods are called within other calls of the exchange. They may settle the delivery at once;
 * everything else they want of the exchange waits for `Turn.resume`, so that one message never sets off a chain.
 */
export interface Receiver {
  /** It does not read what it got: it is passed over in its lines until `wake`. */
  readonly slow: boolean;
  deliver(delivery: Delivery, receive: Receive): void;
  /** The time ran out before all messages came. Never called after the last message, nor after a withdrawal. */
  expired(receive: Receive): void;
  /** The lease has run out: the delivery is not the receiver's any more. */
  lapsed(delivery: Delivery): void;
}

/** Who sends and wants to hear what became of it. Its methods must not call back into the exchange. */
export interface Sender {
  /** Whether it is told in vain; not there: it never is. */
  readonly isGone?: boolean;
  /**
   * The receipt: the message is queued and, with a journal, on disk or already finished; where it was sent with
   * `receipt: 'done'`, it is finished. `tag` is what came with the send.
   * @param duplicate it had been taken before, under the same id
   */
  accepted(tag: string, duplicate: boolean): void;
  /** Nothing of it was kept; or, with `receipt: 'done'`, it is `dead` or `expired`. */
  refused(tag: string, refusal: Refusal): void;
}

/** Who asked. Its methods must not call back into the exchange. */
export interface Asker {
  /** @param answer can be written as JSON */
  answered(tag: string, answer: object): void;
  refused(tag: string, refusal: Refusal): void;
}

/**
 * What sessions and proxies call. Everything happens at once and answers come by callback, so that inside one
 * process the hot path pays for no promise; over a socket the same calls answer later.
 */
export interface Exchange {
  /** Takes a message. The sender is told once, now or later, what became of it. */
  send(message: Message, sender: Sender, tag: string): void;
  /** Asks for messages. What is there already, and needs no word of the journal, is delivered before this returns. */
  receive(wanted: Wanted, receiver: Receiver): Receive;
  /** Takes back a receive. One that is over already is left as it is. */
  withdraw(receive: Receive): void;
  /** The receiver was slow, and is no more. */
  wake(receive: Receive): void;
  /** The delivery is finished. */
  settle(delivery: Delivery): void;
  /**
   * The delivery goes back to its old place in its queue, or to the next receiver; where it may not be delivered again, the
   * message is dead. One that was never `keep`t has not left, and does not count as an attempt.
   * @param delay milliseconds before it can be delivered again
   */
  giveBack(delivery: Delivery, delay: number): void;
  /** The lease ends so many milliseconds from now. First called when the last byte was written: with that the lease starts. */
  keep(delivery: Delivery, lease: number): void;
  /** Takes over a delivery made before the broker restarted, that nobody has claimed since; undefined: there is none. */
  claim(name: string, receiver: Receiver): Delivery | undefined;
  /** Calls `done` once all that was asked so far is carried out and on disk, or nothing more can be. */
  flush(done: () => void): void;
  /**
   * Whether so much of what was asked waits for the disk that nobody should be heard further. If so, calls `caughtUp` once, when
   * it is time to hear on.
   */
  isBehind(caughtUp: () => void): boolean;
  /** Inspects and controls. The asker is told once, now or later. */
  control(control: Control, asker: Asker, tag: string): void;
}
