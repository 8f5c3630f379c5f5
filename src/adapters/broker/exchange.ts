import { inject, injectable } from 'tsyringe';
import { type Endpoint, showEndpoint } from '../../client/address.js';
import type { MsgliteError } from '../../client/errors.js';
import type { AskListener, LinkRefusal, SendListener } from '../../client/link/ask.js';
import { Link, type LinkOwner, type UnderWay } from '../../client/link/link.js';
import type { Control } from '../../domain/control.js';
import type { Message } from '../../domain/message.js';
import type { Clock } from '../../ports/clock.js';
import type { Asker, Delivery, Exchange, Receive, Receiver, Sender, Wanted } from '../../ports/exchange.js';
import type { Ids } from '../../ports/ids.js';
import type { Log } from '../../ports/log.js';
import { CLOCK, IDS, LOG } from '../../ports/tokens.js';
import { RemoteDelivery } from './delivery.js';
import { IdStock } from './id-stock.js';
import { RemoteReceive } from './receive.js';
import { refusalOf } from './refusal.js';
import { BROKER_SETTINGS, type BrokerSettings, linkSettings } from './settings.js';
import { isStanding, StandingReceive } from './standing-receive.js';

export { BROKER_SETTINGS, type BrokerSettings } from './settings.js';

/** Milliseconds for the broker to take our last words. */
const FAREWELL = 2000;

/** Who wants to know whether a broker is there. */
export interface Watcher {
  lost(reason: Error): void;
  /** Also the first time. */
  back(): void;
}

/**
 * The exchange of a broker in another process. What was asked while no broker is there is asked when one is; what had no
 * answer when the connection was lost is asked again, if that can't do it twice, and otherwise refused as
 * `journal-failed`: the outcome is unknown. Nobody is slow here: what comes is handed on.
 */
@injectable()
export class RemoteExchange implements Exchange, LinkOwner {
  readonly #link: Link;
  readonly #stock: IdStock;
  readonly #senders = new WeakMap<Sender, SendListener>();
  #watcher: Watcher | undefined;
  #failed = false;
  #closing: Promise<void> | undefined;
  #closed: () => void = () => undefined;

  constructor(
    @inject(CLOCK) private readonly clock: Clock,
    @inject(IDS) ids: Ids,
    @inject(LOG) private readonly log: Log,
    @inject(BROKER_SETTINGS) settings: BrokerSettings,
  ) {
    this.#link = new Link(linkSettings(settings), clock, Math.random, this);
    this.#stock = new IdStock(`${ids.unguessable('')}-`);
  }

  /** Whether there is a connection. */
  get isUp(): boolean {
    return this.#link.isUp;
  }

  /** Begins to connect. */
  start(): void {
    this.#link.start();
  }

  watch(watcher: Watcher): void {
    this.#watcher = watcher;
  }

  /** Lets the broker carry out what was asked, but not for long, and says goodbye. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#closed = resolve;
      const late = this.clock.alarm(() => this.#link.close());
      const end = () => {
        late.clear();
        this.#link.close();
      };
      if (!this.#link.isUp) return end();
      late.set(this.clock.now() + FAREWELL);
      this.#link.flush(end);
    });
    return this.#closing;
  }

  send(message: Message, sender: Sender, tag: string): void {
    const { options } = message;
    const id = options.id ?? this.#stock.take(this.clock.now());
    const sent = id === options.id ? message : { ...message, options: { ...options, id } };
    this.#link.send(sent, this.#listener(sender), tag);
  }

  receive(wanted: Wanted, receiver: Receiver): Receive {
    if (isStanding(wanted)) return new StandingReceive(this.#link, this.clock, wanted, receiver, this.#refused);
    return new RemoteReceive(this.#link, wanted, receiver, this.#refused);
  }

  withdraw(receive: Receive): void {
    (receive as RemoteReceive | StandingReceive).withdraw();
  }

  wake(): void {
    // The broker sees for itself whether we read.
  }

  settle(delivery: Delivery): void {
    if (delivery instanceof RemoteDelivery) delivery.owner.settle(delivery);
  }

  giveBack(delivery: Delivery, delay: number): void {
    if (delivery instanceof RemoteDelivery) delivery.owner.giveBack(delivery, delay);
  }

  keep(delivery: Delivery, lease: number): void {
    if (delivery instanceof RemoteDelivery) delivery.owner.keep(delivery, lease);
  }

  /** What this process holds is claimed by the link, whenever it is connected again. Of others' it can't be told at once. */
  claim(): undefined {
    return undefined;
  }

  flush(done: () => void): void {
    this.#link.flush(() => done());
  }

  /** The broker reads no further, if it is. */
  isBehind(): boolean {
    return false;
  }

  control(control: Control, asker: Asker, tag: string): void {
    const listener: AskListener = {
      answered: (_tag, answer) => asker.answered(tag, answer),
      refused: (_tag, refusal) => asker.refused(tag, refusalOf(refusal)),
    };
    this.#link.control(control, listener, tag);
  }

  // What the link says

  up(endpoint: Endpoint): void {
    this.#failed = false;
    this.log.minimal('connected to the broker', { at: showEndpoint(endpoint) });
    this.#watcher?.back();
  }

  down({ message }: MsgliteError, { asks, receives, deliveries }: UnderWay): void {
    this.log.minimal('connection to the broker lost', { why: message, asks, receives, deliveries });
    this.#watcher?.lost(new Error(message));
  }

  /** Once is enough, until there is one again. */
  failed({ message }: MsgliteError): void {
    if (!this.#failed) this.log.minimal('waiting for the broker', { why: message });
    this.#failed = true;
  }

  roomy(): void {
    // Who asks here does not wait for room.
  }

  closed(): void {
    this.#closed();
  }

  #listener(sender: Sender): SendListener {
    const known = this.#senders.get(sender);
    if (known !== undefined) return known;
    const listener: SendListener = {
      accepted: (tag, duplicate) => sender.accepted(tag, duplicate),
      refused: (tag, refusal) => sender.refused(tag, refusalOf(refusal)),
    };
    this.#senders.set(sender, listener);
    return listener;
  }

  readonly #refused = (addresses: readonly string[], { code, text }: LinkRefusal) => {
    if (code !== 'closed') this.log.minimal('the broker refused a receive', { on: addresses.join(' '), code, text });
  };
}
