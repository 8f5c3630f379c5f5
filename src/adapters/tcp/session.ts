import type { Duplex } from 'node:stream';
import { replyAddress } from '../../domain/address.js';
import type { Refusal } from '../../domain/errors.js';
import { Message } from '../../domain/message.js';
import type { Rights } from '../../ports/access.js';
import type { Delivery, Receive, Receiver, Sender } from '../../ports/exchange.js';
import { type Command, parseCommand, type ReceiveCommand, type SendCommand } from '../../protocol/commands.js';
import { Decoder } from '../../protocol/decoder.js';
import { encodeMessage, encodeRefusal, TIMEOUT } from '../../protocol/encoder.js';
import type { Refused } from '../../protocol/refused.js';
import { type Connection, type SessionParts, SLOW } from './session-parts.js';
import { Writer, type WriterOwner } from './writer.js';

/** Bytes read ahead while a command waits; we must read on to see the client leave. */
const READ_AHEAD = 64 * 1024;
/** Who sends without a receipt could not tell otherwise from which command on nothing was read. */
const STOPPING = 'the broker is stopping';

/**
 * One connection in the protocol of 2010: one conversation, in which a waiting `<` or `?` holds back what follows.
 *
 *     reading <-> receiving | querying    a `<` or `?` waits
 *     reading <-> slow                    the client does not read its answers
 *     any -> parting -> ending            goodbye, or the end of the client's stream; first its sends are on disk
 *     any -> ending -> closed             a refusal; nothing more is said
 */
export class Session implements Connection, Receiver, Sender, WriterOwner {
  due = Number.POSITIVE_INFINITY;
  slot = -1;
  activity = 0;
  /** It is asked for nothing while it reads nothing: a command at a time is carried out. */
  readonly slow = false;

  #state: 'reading' | 'receiving' | 'querying' | 'slow' | 'parting' | 'ending' | 'closed' = 'reading';
  readonly #decoder: Decoder<Command>;
  readonly #writer: Writer;
  #receive: Receive | undefined;
  /** It wants only what is there, and its answer comes soon: it may be in the journal. */
  #brief = false;
  #running = false;
  #paused = false;
  /** The kernel has not taken what was written, and the owner was told. */
  #blocked = false;
  /** The client has ended its side; what it said before is all in here, decoded, last first. */
  #rest: (Command | Refused)[] | undefined;
  /** And somewhere in it goodbye: it waits for the answers. */
  #saysGoodbye = false;
  /** Sends of which it is not known yet whether they are kept. */
  #unconfirmed = 0;
  /** The broker stops, which the client has not asked for. */
  #leaving = false;
  /** A send was refused; said at the next step, not within the exchange's call. */
  #refusal: Refusal | undefined;
  readonly #resume = () => this.#run();

  constructor(
    readonly number: number,
    private readonly stream: Duplex,
    private readonly parts: SessionParts,
    readonly rights: Rights,
  ) {
    this.#decoder = new Decoder<Command>(parseCommand, parts.limits);
    this.#writer = new Writer(stream, parts.turn, this);
    stream.on('end', () => this.#clientEnded());
    // A connection that breaks is nothing to report: 'close' follows, and what was not delivered goes back.
    stream.on('error', () => stream.destroy());
    stream.on('close', () => this.#close());
  }

  get busy(): boolean {
    return this.#state === 'querying' || this.#writer.unwritten > 0;
  }

  /** Whether what the client says is still heard. */
  get #isTalking(): boolean {
    return this.#state !== 'parting' && this.#state !== 'ending' && this.#state !== 'closed';
  }

  bytes(data: Buffer, length: number): void {
    if (!this.#isTalking) return;
    this.#decoder.push(data, length);
    if (this.#state === 'reading') this.#run();
    else this.#decoder.hold();
    if (this.#decoder.held > READ_AHEAD && this.#state !== 'reading') {
      this.#paused = true;
      this.stream.pause();
    }
  }

  destroy(): void {
    this.stream.destroy();
  }

  look(): void {
    if (this.#rest === undefined || this.#state !== 'querying' || this.#writer.isHeard) return;
    this.#withdraw();
    this.#answered();
  }

  leave(): void {
    if (!this.#isTalking) return;
    this.#leaving = true;
    this.#part();
  }

  // What the exchange says

  deliver(delivery: Delivery): void {
    this.#debug('delivered', delivery.message);
    this.#writer.deliver(encodeMessage(delivery.message, Math.ceil(delivery.message.timeout / 1000)), delivery);
    this.#answered();
  }

  expired(): void {
    this.#writer.write(TIMEOUT);
    this.#answered();
  }

  lapsed(): void {
    // It asks for no leases.
  }

  /** The protocol of 2010 has no receipts; but who says goodbye and is not refused can rely on it. */
  accepted(): void {
    this.#unconfirmed--;
    if (this.#state === 'parting') this.parts.turn.resume(this.#resume);
  }

  refused(_tag: string, refusal: Refusal): void {
    this.#unconfirmed--;
    this.#refusal = refusal;
    if (!this.#running) this.parts.turn.resume(this.#resume);
  }

  // What the writer says

  written(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) this.parts.exchange.settle(delivery);
  }

  blocked(): void {
    this.#blocked = true;
    this.parts.owner.blocked(this);
  }

  caughtUp(): void {
    if (this.#blocked) {
      this.#blocked = false;
      this.parts.owner.unblocked(this);
    }
    if (this.#state === 'slow') {
      this.#state = 'reading';
      this.parts.turn.resume(this.#resume);
    }
    if (!this.busy) this.parts.owner.quiet();
  }

  finished(): void {
    this.parts.owner.ended(this);
  }

  // Commands

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    this.#sayRefusal();
    while (this.#state === 'reading') {
      const command = this.#rest === undefined ? this.#decoder.next() : this.#rest.pop();
      if (command === undefined) break;
      this.#execute(command);
      if (this.#state === 'reading' && this.#writer.unwritten > SLOW) this.#state = 'slow';
    }
    this.#running = false;
    if (this.#state === 'parting' && this.#unconfirmed === 0) this.#end();
    else if (this.#state === 'reading' && this.#rest !== undefined) this.#part();
    else this.#decoder.hold();
    if (this.#paused && (this.#state === 'reading' || this.#decoder.held <= READ_AHEAD)) {
      this.#paused = false;
      this.stream.resume();
    }
  }

  #execute(command: Command | Refused): void {
    switch (command.kind) {
      case 'send':
        return this.#send(command, command.replyTo);
      case 'query':
        return this.#query(command);
      case 'receive':
        return this.#startReceive(command);
      case 'goodbye':
        return this.#part();
      case 'refused':
        return this.#refuse(command);
    }
  }

  #send(command: SendCommand, replyTo: string | undefined): void {
    const message = new Message(command.to, replyTo, command.body, command.timeout * 1000);
    this.#debug('sent', message);
    this.#unconfirmed++;
    this.parts.exchange.send(message, this, '');
    this.#sayRefusal();
  }

  #query(command: SendCommand): void {
    const replyTo = replyAddress(this.parts.ids);
    this.#send(command, replyTo);
    if (this.#state !== 'reading') return;
    this.#state = 'querying';
    this.#wait(command.timeout, [replyTo]);
  }

  #startReceive(command: ReceiveCommand): void {
    this.#state = 'receiving';
    this.#wait(command.timeout, command.addresses);
    if (this.#rest !== undefined) this.#takeBackUnlessGoodbye();
  }

  #wait(seconds: number, addresses: readonly string[]): void {
    this.#brief = seconds === 0;
    const receive = this.parts.exchange.receive({ addresses, timeout: seconds * 1000, count: 1, lease: 0 }, this);
    if (receive.waiting) this.#receive = receive;
  }

  /** What waited has its answer: what was held back can go on, though not within the exchange's call. */
  #answered(): void {
    this.#receive = undefined;
    if (this.#state !== 'receiving' && this.#state !== 'querying') return;
    this.#state = this.#writer.unwritten > SLOW ? 'slow' : 'reading';
    if (!this.#running && (this.#decoder.held > 0 || this.#rest !== undefined)) this.parts.turn.resume(this.#resume);
  }

  // The end

  /** No more will come: a `<` that waits is taken back, unless the client will hear its answer and says goodbye after. */
  #clientEnded(): void {
    if (!this.#isTalking) return;
    const rest: (Command | Refused)[] = [];
    for (let command = this.#decoder.next(); command !== undefined; command = this.#decoder.next()) rest.push(command);
    this.#rest = rest.reverse();
    this.#saysGoodbye = rest.some((command) => command.kind === 'goodbye');
    this.#takeBackUnlessGoodbye();
    this.#run();
    this.look();
  }

  #takeBackUnlessGoodbye(): void {
    if (this.#state !== 'receiving' || this.#saysGoodbye || this.#brief) return;
    this.#withdraw();
    this.#state = 'reading';
  }

  #withdraw(): void {
    if (this.#receive !== undefined) this.parts.exchange.withdraw(this.#receive);
    this.#receive = undefined;
  }

  #debug(what: string, { to, replyTo, body }: Message): void {
    const { log } = this.parts;
    if (log.debugs) log.debug(what, { connection: this.number, to, replyTo, bytes: body.length });
  }

  #sayRefusal(): void {
    if (this.#refusal !== undefined) this.#refuse(this.#refusal);
  }

  #refuse(refusal: Refusal): void {
    if (this.#state === 'ending' || this.#state === 'closed') return;
    this.#leaving = false;
    this.#writer.write(encodeRefusal(refusal.text));
    this.parts.owner.refused(this, refusal);
    this.#end();
  }

  #part(): void {
    this.#withdraw();
    this.#state = 'parting';
    if (this.#unconfirmed === 0) this.#end();
  }

  #end(): void {
    this.#withdraw();
    this.#state = 'ending';
    if (this.#leaving) this.#writer.write(encodeRefusal(STOPPING));
    if (this.#paused) this.stream.resume();
    this.#writer.end();
  }

  #close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#withdraw();
    const { begun, waiting } = this.#writer.abandon();
    for (const delivery of [...begun, ...waiting]) this.parts.exchange.giveBack(delivery, 0);
    this.parts.owner.closed(this);
  }
}
