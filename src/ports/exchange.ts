import type { Refusal } from '../domain/errors.js';
import type { Message } from '../domain/message.js';

/** A message on its way to a receiver. Until it is settled or given back, it is the receiver's. */
export interface Delivery {
  readonly message: Message;
}

/** A receive that is under way; the exchange's own, opaque to others. */
export interface Receive {
  /** False once it is over: it has its messages, its time ran out, or it was withdrawn. */
  readonly waiting: boolean;
}

/** What a receiver asks for. */
export interface Wanted {
  /** 1 to 8 addresses. The first that holds a message wins; one named twice counts once. */
  readonly addresses: readonly string[];
  /** Milliseconds, 0 or more, for the whole. 0: only what is there already. Infinity: for ever. */
  readonly timeout: number;
  /** How many messages it takes: 1 or more, or Infinity. After each it goes to the end of its lines. */
  readonly count: number;
}

/**
 * Who receives. Its methods are called within other calls of the exchange. They may settle the delivery at once;
 * everything else they want of the exchange waits for `Turn.resume`, so that one message never sets off a chain.
 */
export interface Receiver {
  deliver(delivery: Delivery, receive: Receive): void;
  /** The time ran out before all messages came. Never called after the last message, nor after a withdrawal. */
  expired(receive: Receive): void;
}

/** Who sends and wants to hear what became of it. Its methods must not call back into the exchange. */
export interface Sender {
  /** The message is queued and, with a journal, on disk or already finished. `tag` is what came with the send. */
  accepted(tag: string): void;
  /** Nothing of it was kept. */
  refused(tag: string, refusal: Refusal): void;
}

/** How much of what there is, right now and since the start. */
export interface Stats {
  readonly queues: number;
  /** Messages waiting. */
  readonly messages: number;
  /** What they and the deliveries cost, as limits count it. */
  readonly bytes: number;
  /** Deliveries neither settled nor given back. */
  readonly deliveries: number;
  readonly receivers: number;
  readonly sent: number;
  readonly settled: number;
  readonly expired: number;
  readonly refused: number;
}

/**
 * What sessions and proxies call. Everything happens at once and answers come by callback, so that inside one
 * process the hot path pays for no promise; over a socket the same calls answer later.
 */
export interface Exchange {
  /** Takes a message. The sender is told once, now or later, whether it was accepted. */
  send(message: Message, sender: Sender, tag: string): void;
  /** Asks for messages. What is there already is delivered before this returns. */
  receive(wanted: Wanted, receiver: Receiver): Receive;
  /** Takes back a receive. One that is over already is left as it is. */
  withdraw(receive: Receive): void;
  /** The delivery is finished. */
  settle(delivery: Delivery): void;
  /** The delivery goes back to its old place in its queue, or to the next receiver. */
  giveBack(delivery: Delivery): void;
  /** A fresh address that cannot be guessed. */
  replyAddress(): string;
  stats(): Stats;
}
