import type { Duplex } from 'node:stream';
import type { Refusal } from '../../domain/errors.js';
import { Message } from '../../domain/message.js';
import type { Rights } from '../../ports/access.js';
import type { Asker, Delivery, Sender } from '../../ports/exchange.js';
import { Decoder } from '../../protocol/decoder.js';
import type { Refused } from '../../protocol/refused.js';
import type { HelloCommand, TaggedCommand, TaggedSend } from '../../protocol/tagged/commands.js';
import {
  encodeAccepted,
  encodeAnswer,
  encodeOver,
  encodeTaggedMessage,
  encodeTaggedRefusal,
  encodeWelcome,
} from '../../protocol/tagged/encode-answer.js';
import { Answers, type AnswersOwner } from './answers.js';
import { Gate } from './gate.js';
import { Leases } from './leases.js';
import { Receives, type ReceivesOwner } from './receives.js';
import { LAPSED, NO_TOKEN, TOKEN_WANTED, UNREAD } from './refusals.js';
import type { Connection, SessionParts } from './session-parts.js';
import { Tags } from './tags.js';

/** Bytes of answers, messages not counted, that a slow client may leave unread before it is closed. */
export const MOST_UNREAD = 16 * 1024 * 1024;

/**
 * One connection in the tagged protocol: many things at once, none of which waits for another.
 *
 *     talking -> parting -> ending -> closed    goodbye, the end of the client's stream, a refusal past which that can't be
 *                                               followed, or the broker stops: what came before is carried out and answered
 *     talking -> ending -> closed               no such token
 */
export class TaggedSession implements Connection, Sender, Asker, ReceivesOwner, AnswersOwner {
  due = Number.POSITIVE_INFINITY;
  slot = -1;
  activity = 0;
  isGone = false;

  #state: 'talking' | 'parting' | 'ending' | 'closed' = 'talking';
  readonly #decoder: Decoder<TaggedCommand>;
  readonly #gate: Gate;
  readonly #answers: Answers;
  readonly #tags = new Tags();
  readonly #receives: Receives;
  readonly #leases: Leases;
  /** The broker stops, and leases stay as they are. */
  #stopping = false;
  /** What came before the parting is on disk. */
  #flushed = false;

  /** @param rights undefined: the client has to show a token first */
  constructor(
    readonly number: number,
    private readonly stream: Duplex,
    private readonly parts: SessionParts,
    rights: Rights | undefined,
  ) {
    const { exchange, access, turn, limits } = parts;
    this.#gate = new Gate(access, rights);
    this.#decoder = new Decoder<TaggedCommand>(this.#gate.grammar, limits);
    this.#answers = new Answers(stream, turn, rights === undefined ? 0 : MOST_UNREAD, this);
    this.#receives = new Receives(exchange, turn, this.#tags, this);
    this.#leases = new Leases(exchange, this.#receives.claimant);
    stream.on('end', () => this.#part());
    // A connection that breaks is nothing to report: 'close' follows, and what the client had goes back.
    stream.on('error', () => stream.destroy());
    stream.on('close', () => this.#close());
  }

  get rights(): Rights | undefined {
    return this.#gate.rights;
  }

  get busy(): boolean {
    return this.#answers.unwritten > 0;
  }

  get slow(): boolean {
    return this.#answers.slow;
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
        return this.#refuseIf(command.delivery, this.#leases.settle(command.delivery));
      case 'receive':
        return this.#refuseIf(command.tag, this.#receives.start(command));
      case 'take-back':
        return this.#receives.takeBack(command.tag);
      case 'give-back':
        return this.#refuseIf(command.delivery, this.#leases.giveBack(command.delivery, command.delay));
      case 'keep':
        return this.#refuseIf(command.delivery, this.#leases.keep(command.delivery, command.lease));
      case 'hello':
        return this.#greet(command);
      case 'control':
        if (this.#take(command.tag)) this.parts.exchange.control(command.control, this, command.tag);
        return;
      case 'goodbye':
        return this.#part();
      case 'refused':
        this.#refuse(command.tag, command);
        if (command.skip === undefined) this.#part();
    }
  }

  #send({ tag, to, replyTo, body, timeout, options }: TaggedSend): void {
    const refusal = options.receipt === 'done' ? this.#tags.take(tag) : this.#tags.forPlain(tag);
    if (refusal !== undefined) return this.#refuse(tag, refusal);
    const message = new Message(to, replyTo, body, timeout, options);
    this.#debug('sent', tag, message);
    this.parts.exchange.send(message, this, tag);
  }

  #greet({ tag, token, idle }: HelloCommand): void {
    const stranger = this.rights === undefined;
    if (token !== undefined && !this.#gate.admit(token)) {
      this.#refuse(tag, NO_TOKEN);
      this.#end();
      return;
    }
    if (this.rights === undefined) return this.#refuse(tag, TOKEN_WANTED);
    if (stranger) this.#known();
    if (!this.#take(tag)) return;
    if (idle !== undefined) this.parts.owner.mayIdle(this, idle);
    const welcome = () => {
      this.#tags.answered(tag);
      this.#say(encodeWelcome(tag, { ...this.parts.limits, journal: this.parts.journal }));
    };
    if (this.#gate.silent) welcome();
    else this.parts.exchange.flush(welcome);
  }

  #known(): void {
    this.#answers.most = MOST_UNREAD;
    this.parts.owner.known(this);
    if (this.#answers.isBlocked) this.parts.owner.blocked(this);
  }

  #take(tag: string): boolean {
    const refusal = this.#tags.take(tag);
    this.#refuseIf(tag, refusal);
    return refusal === undefined;
  }

  // What the exchange says

  accepted(tag: string, duplicate: boolean): void {
    this.#tags.answered(tag);
    this.#say(encodeAccepted(tag, duplicate));
  }

  answered(tag: string, answer: object): void {
    this.#tags.answered(tag);
    this.#say(encodeAnswer(tag, Buffer.from(JSON.stringify(answer)).toString('latin1')));
  }

  refused(tag: string, refusal: Refusal): void {
    this.#tags.answered(tag);
    this.#refuse(tag, refusal);
  }

  hand(tag: string, delivery: Delivery): void {
    const { name, message } = delivery;
    this.#debug('delivered', tag, message);
    if (name !== undefined) this.#leases.add(name, delivery);
    this.#answers.deliver(encodeTaggedMessage(tag, delivery), delivery);
  }

  over(tag: string): void {
    this.#say(encodeOver(tag));
  }

  /** The client hears of it unasked, so that it can stop working on that message. */
  lapsed({ name }: Delivery): void {
    if (name === undefined) return;
    this.#leases.forget(name);
    this.#say(encodeTaggedRefusal(name, LAPSED.code, LAPSED.text));
  }

  // What becomes of answers

  written(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      if (delivery.name === undefined) this.parts.exchange.settle(delivery);
      else this.#leases.written(delivery.name);
    }
  }

  /** Before the client has said who it is, a sooner deadline runs. */
  blocked(): void {
    if (this.rights !== undefined) this.parts.owner.blocked(this);
  }

  unblocked(): void {
    if (this.rights !== undefined) this.parts.owner.unblocked(this);
  }

  listensAgain(): void {
    this.#receives.wake();
  }

  readsNothing(): void {
    this.#state = 'ending';
    this.parts.owner.refused(this, UNREAD);
    this.destroy();
  }

  quiet(): void {
    this.parts.owner.quiet();
  }

  finished(): void {
    this.parts.owner.ended(this);
  }

  #say(text: string): void {
    if (this.#state === 'talking' || this.#state === 'parting') this.#answers.say(text);
  }

  #refuse(tag: string | undefined, refusal: Refusal): void {
    this.parts.owner.refused(this, refusal);
    this.#say(encodeTaggedRefusal(tag, refusal.code, refusal.text));
  }

  #refuseIf(tag: string, refusal: Refusal | undefined): void {
    if (refusal !== undefined) this.#refuse(tag, refusal);
  }

  #debug(what: string, tag: string, { to, replyTo, body }: Message): void {
    const { log } = this.parts;
    if (log.debugs) log.debug(what, { connection: this.number, tag, to, replyTo, bytes: body.length });
  }

  // The end

  /** No more is heard. */
  #part(): void {
    if (this.#state !== 'talking') return;
    if (this.rights === undefined) return this.#end();
    this.#state = 'parting';
    this.#receives.part();
    this.parts.exchange.flush(() => {
      this.#flushed = true;
      this.parts.turn.resume(() => this.allOver());
    });
  }

  allOver(): void {
    if (this.#state === 'parting' && this.#flushed && this.#receives.none) this.#end();
  }

  #end(): void {
    this.#state = 'ending';
    this.#receives.close();
    this.#answers.end();
  }

  #close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.isGone = true;
    this.#receives.close();
    const unsent = this.#answers.abandon();
    for (const delivery of [...unsent.begun, ...unsent.waiting]) {
      if (delivery.name === undefined) this.parts.exchange.giveBack(delivery, 0);
    }
    if (this.#stopping) this.#leases.giveBackUnsent(unsent);
    else this.#leases.giveBackAll(unsent);
    this.parts.owner.closed(this);
  }
}
