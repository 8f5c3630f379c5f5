import type { TaggedAnswer } from '../../protocol/tagged/answers.js';
import type { Control } from '../../protocol/tagged/vocabulary.js';
import type { Endpoint } from '../address.js';
import { Backoff, type BackoffOptions } from '../backoff.js';
import { MsgliteError } from '../errors.js';
import type { Alarm, Timing } from '../timing.js';
import {
  type AskListener,
  ControlAsk,
  FlushAsk,
  type LinkRefusal,
  type Outgoing,
  SendAsk,
  type SendListener,
} from './ask.js';
import { Asks, type BufferLimits } from './asks.js';
import { Connection, type ConnectionOwner, type ConnectionSettings, type Welcome } from './connection.js';
import { Deliveries } from './deliveries.js';
import type { End, LinkDelivery } from './delivery.js';
import type { LinkReceive, ReceiveListener, Wanted } from './receive.js';
import { Receives } from './receives.js';

/** Milliseconds a connection must have lasted, for the pauses between attempts to be short again after it. */
const LASTING = 5000;

const DONE: End = Object.freeze({ how: 'done' });

/** What a link is made from. */
export interface LinkSettings extends ConnectionSettings {
  /** Tried in turn; at least one. */
  readonly endpoints: readonly Endpoint[];
  readonly backoff: BackoffOptions;
  /** What waits for a connection at most. */
  readonly buffer: BufferLimits;
}

/** What is under way. */
export interface UnderWay {
  /** Sends, flushes and control commands that are not answered. */
  readonly asks: number;
  readonly receives: number;
  /** Leased deliveries that are ours. */
  readonly deliveries: number;
}

/** Who hears how the link fares. */
export interface LinkOwner {
  /** There is a connection, and all that waited was said. */
  up(endpoint: Endpoint, welcome: Welcome): void;
  /** There is none any more. */
  down(reason: MsgliteError, underWay: UnderWay): void;
  /** No address of the list has a broker. The next attempt is in so many milliseconds. */
  failed(reason: MsgliteError, pause: number): void;
  /** What was asked is said: more may be asked. */
  roomy(): void;
  /** It was closed, and the last connection is gone. Called once, last. `reason`: what was not answered may be lost. */
  closed(reason: MsgliteError | undefined): void;
}

/**
 * One multiplexed connection to a broker, made again whenever it is lost: what was asked and not answered is asked
 * again, receives are taken up, leases go on. Callbacks, no promises: the client and the exchange over a socket are built
 * on it. All strings are of one byte per character.
 *
 *     down -> connecting -> up -> down ..     `down`: a pause before the next attempt
 *     any -> closing -> closed
 */
export class Link implements ConnectionOwner {
  #state: 'down' | 'connecting' | 'up' | 'closing' | 'closed' = 'down';
  readonly #asks: Asks;
  readonly #receives: Receives;
  readonly #deliveries: Deliveries;
  readonly #backoff: Backoff;
  readonly #retry: Alarm;
  #connection: Connection | undefined;
  /** Of the endpoint that is tried, or was connected to last. */
  #index = 0;
  /** Endpoints that failed since the last pause. */
  #failures = 0;
  #upSince = 0;
  #tags = 0;
  #welcome: Welcome = { journal: 'off', body: Number.POSITIVE_INFINITY };
  readonly #newTag = () => ++this.#tags;

  /** @param random 0 or more, less than 1 */
  constructor(
    private readonly settings: LinkSettings,
    private readonly timing: Timing,
    random: () => number,
    private readonly owner: LinkOwner,
  ) {
    this.#asks = new Asks(timing, settings.buffer, () => owner.roomy());
    this.#deliveries = new Deliveries(timing, (done) => this.flush(done));
    this.#receives = new Receives(timing, this.#newTag, (delivery) => this.#deliveries.add(delivery));
    this.#backoff = new Backoff(settings.backoff, random);
    this.#retry = timing.alarm(() => this.#connect());
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  /** Whether all that was asked is said, or there is nobody to say it to: then it is buffered, as far as it may be. */
  get isRoomy(): boolean {
    return this.#state !== 'up' || this.#asks.waiting === 0;
  }

  /** As the broker said last. */
  get welcome(): Welcome {
    return this.#welcome;
  }

  /** Whether something was asked or ended of which it is not known that the broker has carried it out. */
  get isBusy(): boolean {
    return this.#asks.count > 0 || this.#deliveries.unconfirmed;
  }

  get underWay(): UnderWay {
    return {
      asks: this.#asks.count,
      receives: this.#receives.count,
      deliveries: this.#deliveries.count,
    };
  }

  /** Begins to connect. */
  start(): void {
    if (this.#state === 'down') this.#connect();
  }

  /** The listener is told once, now or later. One with an id is sent again until it has its receipt. */
  send(message: Outgoing, listener: SendListener, tag: string): SendAsk {
    const ask = new SendAsk(++this.#tags, message, listener, tag, this.timing.now());
    this.#asks.add(ask);
    return ask;
  }

  /** Its answer is not wanted any more. True: it was not said yet, and won't be; its listener hears nothing. */
  drop(ask: SendAsk): boolean {
    return this.#asks.drop(ask);
  }

  receive(wanted: Wanted, listener: ReceiveListener): LinkReceive {
    return this.#receives.start(wanted, listener);
  }

  withdraw(receive: LinkReceive): void {
    this.#receives.withdraw(receive);
  }

  /** The delivery is finished. */
  done(delivery: LinkDelivery): void {
    this.#finish(delivery, DONE);
  }

  /** @param delay milliseconds before it may be delivered again */
  giveBack(delivery: LinkDelivery, delay: number): void {
    this.#finish(delivery, { how: 'back', delay });
  }

  /** The lease ends so many milliseconds from now. */
  keep(delivery: LinkDelivery, lease: number): void {
    if (delivery.end !== undefined) return;
    delivery.lease = lease;
    this.#deliveries.say(delivery);
  }

  /** Calls back once all that was asked before is carried out and on disk, or with why that can't be told. */
  flush(done: (refusal?: LinkRefusal) => void): void {
    this.#asks.add(new FlushAsk(++this.#tags, done));
  }

  control(control: Control, listener: AskListener, tag: string): void {
    this.#asks.add(new ControlAsk(++this.#tags, control, listener, tag));
  }

  /** Gives up what is not answered, and says goodbye. */
  close(): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    const connection = this.#connection;
    this.#state = 'closing';
    this.#retry.clear();
    const refusal = { code: 'closed', text: 'the client was closed' };
    this.#receives.fail(refusal);
    this.#asks.fail(refusal);
    this.#deliveries.clear();
    if (connection === undefined) this.#end(undefined);
    else connection.leave();
  }

  // What the connection says

  greeted(welcome: Welcome): void {
    const connection = this.#connection;
    const endpoint = this.settings.endpoints[this.#index];
    if (connection === undefined || endpoint === undefined || this.#state !== 'connecting') return;
    this.#state = 'up';
    this.#failures = 0;
    this.#upSince = this.timing.now();
    this.#welcome = welcome;
    // First what has the least time.
    this.#deliveries.connected(connection);
    this.#receives.connected(connection);
    this.#asks.connected(connection);
    this.owner.up(endpoint, welcome);
  }

  answered(answer: TaggedAnswer): void {
    if (this.#state === 'up' && !this.#take(answer)) {
      const text = `an answer came that nobody had asked for: ${answer.kind} ${answer.tag}`;
      this.#connection?.destroy(new MsgliteError('protocol', text));
    }
  }

  drained(): void {
    this.#asks.pump();
  }

  closed(reason: MsgliteError): void {
    this.#connection = undefined;
    switch (this.#state) {
      case 'closing':
        return this.#end(reason.code === 'closed' ? undefined : reason);
      case 'up':
        return this.#lost(reason);
      default:
        this.#failed(reason);
    }
  }

  #take(answer: TaggedAnswer): boolean {
    switch (answer.kind) {
      case 'done':
      case 'answer':
        return this.#asks.answered(answer);
      case 'message':
        return this.#receives.message(answer);
      case 'over':
        return this.#receives.over(answer.tag);
      case 'refusal': {
        const { tag, code, text } = answer;
        if (tag.startsWith('@')) this.#deliveries.refused(tag);
        else return this.#asks.refused(tag, { code, text }) || this.#receives.refused(tag, { code, text });
        return true;
      }
    }
  }

  #finish(delivery: LinkDelivery, end: End): void {
    if (delivery.end !== undefined) return;
    delivery.end = end;
    this.#deliveries.say(delivery);
  }

  #connect(): void {
    const endpoint = this.settings.endpoints[this.#index];
    if (endpoint === undefined) throw new MsgliteError('bad-argument', 'no address was given');
    this.#state = 'connecting';
    this.#connection = new Connection(endpoint, this.settings, this.timing, this);
  }

  #lost(reason: MsgliteError): void {
    this.#state = 'down';
    if (this.timing.now() - this.#upSince >= LASTING) this.#backoff.reset();
    const { underWay } = this;
    this.#deliveries.lost();
    this.#receives.lost();
    this.#asks.lost();
    // Who heard of it may have closed us.
    if ((this.#state as string) !== 'down') return;
    this.#pause();
    this.owner.down(reason, underWay);
  }

  /** The next address at once, and after all of them a pause. */
  #failed(reason: MsgliteError): void {
    this.#state = 'down';
    this.#index = (this.#index + 1) % this.settings.endpoints.length;
    if (++this.#failures < this.settings.endpoints.length) this.#connect();
    else this.owner.failed(reason, this.#pause());
  }

  #pause(): number {
    this.#failures = 0;
    const pause = this.#backoff.next();
    this.#retry.set(this.timing.now() + pause);
    return pause;
  }

  #end(reason: MsgliteError | undefined): void {
    this.#state = 'closed';
    this.owner.closed(reason);
  }
}
