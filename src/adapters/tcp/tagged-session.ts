import type { Duplex } from 'node:stream';
import type { Span } from '../../domain/deadlines.js';
import type { Refusal } from '../../domain/errors.js';
import { Message } from '../../domain/message.js';
import type { Rights } from '../../ports/access.js';
import type { Asker, Delivery, Sender } from '../../ports/exchange.js';
import { Decoder } from '../../protocol/decoder.js';
import type { Refused } from '../../protocol/refused.js';
import type {
  ControlCommand,
  HelloCommand,
  TaggedCommand,
  TaggedReceive,
  TaggedSend,
} from '../../protocol/tagged/commands.js';
import {
  encodeAccepted,
  encodeAnswer,
  encodeOver,
  encodeTaggedMessage,
  encodeTaggedRefusal,
  encodeWelcome,
} from '../../protocol/tagged/encode-answer.js';
import { Gate } from './gate.js';
import { Leases } from './leases.js';
import { type Connection, type SessionParts, SLOW } from './session-parts.js';
import { TaggedReceiver, type TaggedReceiverOwner } from './tagged-receiver.js';
import { Tags } from './tags.js';
import { Writer, type WriterOwner } from './writer.js';

/** Bytes of answers, messages not counted, that a slow client may leave unread before it is closed. */
export const MOST_UNREAD = 16 * 1024 * 1024;

const NO_DELIVERY: Refusal = Object.freeze({
  code: 'no-such-delivery',
  text: 'it is not yours, or no longer',
});
const LAPSED: Refusal = Object.freeze({ code: 'no-such-delivery', text: 'its lease has run out' });
const NO_TOKEN: Refusal = Object.freeze({ code: 'unauthorized', text: 'this broker knows no such token' });
const TOKEN_WANTED: Refusal = Object.freeze({ code: 'unauthorized', text: 'this broker wants a token: !! tag token' });
const UNREAD: Refusal = Object.freeze({ code: 'full', text: 'the client leaves its answers unread' });

/**
 * One connection in the tagged protocol: many things at once, none of which waits for another.
 *
 *     talking -> parting -> ending -> closed    goodbye, the end of the client's stream, a refusal past which that can't be
 *                                               followed, or the broker stops: what came before is carried out and answered
 *     talking -> ending -> closed               no such token
 */
export class TaggedSession implements Connection, Sender, Asker, TaggedReceiverOwner, WriterOwner {
  due = Number.POSITIVE_INFINITY;
  span: Span | undefined = undefined;
  slot = 0;
  activity = 0;
  slow = false;

  #state: 'talking' | 'parting' | 'ending' | 'closed' = 'talking';
  readonly #decoder: Decoder<TaggedCommand>;
  readonly #writer: Writer;
  readonly #gate: Gate;
  readonly #leases: Leases;
  readonly #tags = new Tags();
  /** Whether tokens are looked at. */
  readonly #guarded: boolean;
  /** What came for a client that can't answer for it any more: to be given back, not within the exchange's call. */
  readonly #tooLate: Delivery[] = [];
  /** Bytes of answers that came while the client was slow. */
  #unread = 0;
  /** The kernel has not taken what was written. */
  #blocked = false;
  /** The broker stops, and leases stay as they are. */
  #stopping = false;
  /** What came before the parting is on disk. */
  #flushed = false;
  readonly #resume = () => this.#settleUp();

  /** @param rights undefined: the client has to show a token first */
  constructor(
    readonly number: number,
    private readonly stream: Duplex,
    private readonly parts: SessionParts,
    rights: Rights | undefined,
  ) {
    this.#guarded = rights === undefined;
    this.#gate = new Gate(rights);
    this.#decoder = new Decoder<TaggedCommand>(this.#gate.grammar, parts.limits);
    this.#writer = new Writer(stream, parts.turn, this);
    this.#leases = new Leases(parts.exchange, new TaggedReceiver('', 0, true, this));
    stream.on('end', () => this.#part());
    // A connection that breaks is nothing to report: 'close' follows, and what the client had goes back.
    stream.on('error', () => stream.destroy());
    stream.on('close', () => this.#close());
  }

  get rights(): Rights | undefined {
    return this.#gate.rights;
  }

  get busy(): boolean {
    return this.#writer.unwritten > 0;
  }

  bytes(data: Buffer, length: number): void {
    if (this.#state !== 'talking') return;
    this.activity++;
    this.#decoder.push(data, length);
    while (this.#state === 'talking') {
      const command = this.#decoder.next();
      if (command === undefined) return;
      this.#execute(command);
    }
  }

  leave(): void {
    this.#stopping = true;
    this.#part();
  }

  destroy(): void {
    this.stream.destroy();
  }

  // Commands

  #execute(command: TaggedCommand | Refused): void {
    switch (command.kind) {
      case 'send':
        return this.#send(command);
      case 'done':
        return this.#answerFor(command.delivery, this.#leases.settle(command.delivery));
      case 'receive':
        return this.#startReceive(command);
      case 'take-back':
        return this.#takeBack(command.tag);
      case 'give-back':
        return this.#answerFor(command.delivery, this.#leases.giveBack(command.delivery, command.delay));
      case 'keep':
        return this.#answerFor(command.delivery, this.#leases.keep(command.delivery, command.lease));
      case 'hello':
        return this.#greet(command);
      case 'control':
        return this.#control(command);
      case 'goodbye':
        return this.#part();
      case 'refused':
        this.#refuse(command.tag, command);
        if (command.skip === undefined) this.#part();
    }
  }

  #send({ tag, to, replyTo, body, timeout, options }: TaggedSend): void {
    if (!this.#take(tag)) return;
    const message = new Message(to, replyTo, body, timeout, options);
    this.#debug('sent', tag, message);
    this.parts.exchange.send(message, this, tag);
  }

  #startReceive({ tag, addresses, timeout, count, lease }: TaggedReceive): void {
    const receiver = new TaggedReceiver(tag, count, timeout === 0, this);
    if (!this.#take(tag, receiver)) return;
    receiver.receive = this.parts.exchange.receive({ addresses, timeout, count, lease }, receiver);
  }

  /**
   * A tag that no receive has any more is not answered: the last message or `**` has crossed this command, and the client may
   * have used the tag for something else by now, which an answer would be taken for.
   */
  #takeBack(tag: string): void {
    const receiver = this.#tags.receiver(tag);
    if (receiver !== undefined) this.#withdraw(receiver);
  }

  #answerFor(delivery: string, found: boolean): void {
    if (!found) this.#refuse(delivery, NO_DELIVERY);
  }

  /** Where no token is wanted, none is looked at: a client may always show its own. */
  #greet({ tag, token, idle }: HelloCommand): void {
    if (this.#guarded && token !== undefined) {
      const rights = this.parts.access.rights(token);
      if (rights === undefined) {
        this.#refuse(tag, NO_TOKEN);
        this.#end();
        return;
      }
      this.#know(rights);
    }
    if (this.rights === undefined) return this.#refuse(tag, TOKEN_WANTED);
    if (!this.#take(tag)) return;
    if (idle !== undefined) this.parts.owner.mayIdle(this, idle);
    this.parts.exchange.flush(() => {
      this.#tags.free(tag);
      this.#say(encodeWelcome(tag, { ...this.parts.limits, journal: this.parts.journal }));
    });
  }

  #know(rights: Rights): void {
    const first = this.rights === undefined;
    this.#gate.rights = rights;
    if (!first) return;
    this.parts.owner.known(this);
    if (this.#blocked) this.parts.owner.blocked(this);
  }

  #control({ tag, control }: ControlCommand): void {
    if (this.#take(tag)) this.parts.exchange.control(control, this, tag);
  }

  #take(tag: string, receiver?: TaggedReceiver): boolean {
    const refusal = this.#tags.take(tag, receiver);
    if (refusal !== undefined) this.#refuse(tag, refusal);
    return refusal === undefined;
  }

  // What the exchange says

  accepted(tag: string, duplicate: boolean): void {
    this.#tags.free(tag);
    this.#say(encodeAccepted(tag, duplicate));
  }

  answered(tag: string, answer: object): void {
    this.#tags.free(tag);
    this.#say(encodeAnswer(tag, Buffer.from(JSON.stringify(answer)).toString('latin1')));
  }

  refused(tag: string, refusal: Refusal): void {
    this.#tags.free(tag);
    this.#refuse(tag, refusal);
  }

  deliver(receiver: TaggedReceiver, delivery: Delivery): void {
    const { tag, left } = receiver;
    const { name, message } = delivery;
    if (left === 0) this.#tags.free(tag);
    if (this.#state !== 'talking' || receiver.leaving) this.parts.turn.resume(this.#resume);
    if (!this.#canTake(delivery)) {
      this.#tooLate.push(delivery);
      return;
    }
    this.#debug('delivered', tag, message);
    if (name !== undefined) this.#leases.add(name, delivery);
    this.#writer.deliver(encodeTaggedMessage(tag, delivery), delivery);
    this.#lookForSlowness();
  }

  /** Who is parting can't say `++` any more. */
  #canTake({ name }: Delivery): boolean {
    return this.#state === 'talking' || (this.#state === 'parting' && name === undefined);
  }

  expired(receiver: TaggedReceiver): void {
    this.#over(receiver);
  }

  /** The client hears of it unasked, so that it can stop working on that message. */
  lapsed({ name }: Delivery): void {
    if (name === undefined) return;
    this.#leases.forget(name);
    this.#say(encodeTaggedRefusal(name, LAPSED.code, LAPSED.text));
  }

  // What the writer says

  written(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      if (delivery.name === undefined) this.parts.exchange.settle(delivery);
      else this.#leases.written(delivery.name);
    }
  }

  blocked(): void {
    this.#blocked = true;
    // Until then a sooner deadline runs.
    if (this.rights !== undefined) this.parts.owner.blocked(this);
  }

  caughtUp(): void {
    if (this.#blocked) {
      this.#blocked = false;
      if (this.rights !== undefined) this.parts.owner.unblocked(this);
    }
    if (this.slow) {
      this.slow = false;
      this.#unread = 0;
      this.#wakeAll();
    }
    if (!this.busy) this.parts.owner.quiet();
  }

  finished(): void {
    this.parts.owner.ended(this);
  }

  #wakeAll(): void {
    for (const { receive } of this.#tags.receivers) {
      if (this.slow) return;
      if (receive?.waiting) this.parts.exchange.wake(receive);
    }
  }

  // Answers

  #say(text: string): void {
    if (this.#state === 'ending' || this.#state === 'closed') return;
    this.#writer.write(text);
    if (this.slow) this.#unread += text.length;
    this.#lookForSlowness();
    if (this.#unread > MOST_UNREAD || (this.slow && this.rights === undefined)) this.#giveUp();
  }

  #lookForSlowness(): void {
    if (this.#writer.unwritten > SLOW) this.slow = true;
  }

  #refuse(tag: string | undefined, refusal: Refusal): void {
    this.parts.owner.refused(this, refusal);
    this.#say(encodeTaggedRefusal(tag, refusal.code, refusal.text));
  }

  #debug(what: string, tag: string, { to, replyTo, body }: Message): void {
    const { log } = this.parts;
    if (log.debugs) log.debug(what, { connection: this.number, tag, to, replyTo, bytes: body.length });
  }

  // The end

  /** No more is heard. Receives that want only what is there have their answers soon, the others are taken back. */
  #part(): void {
    if (this.#state !== 'talking') return;
    if (this.rights === undefined) return this.#end();
    this.#state = 'parting';
    for (const receiver of this.#tags.receivers) if (!receiver.brief) this.#withdraw(receiver);
    this.parts.exchange.flush(() => {
      this.#flushed = true;
      this.parts.turn.resume(this.#resume);
    });
  }

  #withdraw(receiver: TaggedReceiver): void {
    if (receiver.receive === undefined || receiver.leaving) return;
    receiver.leaving = true;
    this.parts.exchange.withdraw(receiver.receive);
    if (receiver.receive.underWay === 0) this.#over(receiver);
    // What is under way may come to nothing, of which nobody tells.
    else this.parts.exchange.flush(() => this.parts.turn.resume(this.#resume));
  }

  /** Nothing will come any more. */
  #over(receiver: TaggedReceiver): void {
    this.#tags.free(receiver.tag);
    if (this.#state === 'talking') this.#say(encodeOver(receiver.tag));
    else this.parts.turn.resume(this.#resume);
  }

  /** What could not be done within calls of the exchange. */
  #settleUp(): void {
    for (const delivery of this.#tooLate.splice(0)) this.parts.exchange.giveBack(delivery, 0);
    for (const receiver of this.#tags.receivers) {
      if (receiver.leaving && receiver.receive?.underWay === 0) this.#over(receiver);
    }
    if (this.#state === 'parting' && this.#flushed && this.#tags.receivers.size === 0) this.#end();
  }

  #end(): void {
    this.#state = 'ending';
    for (const receiver of this.#tags.receivers) this.#withdraw(receiver);
    this.#writer.end();
  }

  #giveUp(): void {
    this.#state = 'ending';
    this.parts.owner.refused(this, UNREAD);
    this.destroy();
  }

  #close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    for (const receiver of this.#tags.receivers) this.#withdraw(receiver);
    const unsent = this.#writer.abandon();
    for (const delivery of [...unsent.begun, ...unsent.waiting]) {
      if (delivery.name === undefined) this.parts.exchange.giveBack(delivery, 0);
    }
    if (this.#stopping) this.#leases.giveBackUnsent(unsent);
    else this.#leases.giveBackAll(unsent);
    this.parts.owner.closed(this);
  }
}
