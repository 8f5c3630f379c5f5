import type { TaggedMessage } from '../../protocol/tagged/answers.js';
import { encodeTaggedReceive, encodeTakeBack } from '../../protocol/tagged/encode-command.js';
import { Timeouts } from '../timeouts.js';
import type { Timing } from '../timing.js';
import type { LinkRefusal } from './ask.js';
import { ByTag } from './by-tag.js';
import type { Connection } from './connection.js';
import { LinkDelivery } from './delivery.js';
import { Line } from './line.js';
import { LinkReceive, type ReceiveListener, type Wanted } from './receive.js';

/** The most that can be asked for at once. */
const MOST = 1_000_000_000;

/** The receives that are not over. After a lost connection they are said again, for what is left of them. */
export class Receives {
  readonly #all = new Line<LinkReceive>();
  #byTag = new ByTag<LinkReceive>();
  #connection: Connection | undefined;
  #failed = false;
  /** While there is no connection. */
  readonly #timeouts: Timeouts<LinkReceive>;

  /**
   * @param newTag never used before
   * @param leased called before the listener hears of a leased delivery
   */
  constructor(
    private readonly timing: Timing,
    private readonly newTag: () => number,
    private readonly leased: (delivery: LinkDelivery) => void,
  ) {
    this.#timeouts = new Timeouts(timing, (receive) => this.#expire(receive));
  }

  get count(): number {
    return this.#all.size;
  }

  /** After `fail` it is over at once, and its listener hears nothing. */
  start(wanted: Wanted, listener: ReceiveListener): LinkReceive {
    const receive = new LinkReceive(wanted, listener, this.timing.now());
    if (this.#failed) {
      receive.state = 'over';
      return receive;
    }
    this.#all.add(receive);
    if (this.#connection !== undefined) this.#say(this.#connection, receive);
    else this.#wait(receive);
    return receive;
  }

  /** What is on its way still comes. Then the listener hears that it was withdrawn. */
  withdraw(receive: LinkReceive): void {
    if (receive.state !== 'waiting') return;
    receive.state = 'leaving';
    const connection = this.#connection;
    if (connection !== undefined) {
      connection.write(encodeTakeBack(receive.tag));
      return;
    }
    this.#timeouts.remove(receive);
    this.#end(receive);
    receive.listener.withdrawn(receive);
  }

  connected(connection: Connection): void {
    this.#connection = connection;
    this.#timeouts.clear();
    for (const receive of this.#all) this.#say(connection, receive);
  }

  lost(): void {
    this.#connection = undefined;
    this.#byTag = new ByTag();
    for (const receive of this.#all) receive.next = undefined;
    for (const receive of [...this.#all]) {
      if (receive.state === 'waiting') {
        this.#wait(receive);
      } else {
        this.#end(receive);
        receive.listener.withdrawn(receive);
      }
    }
  }

  /** False: nobody waits for it. */
  message(message: TaggedMessage): boolean {
    const receive = this.#byTag.get(message.tag);
    if (receive === undefined) return false;
    receive.left--;
    receive.leftOfTag--;
    if (receive.left === 0) this.#end(receive);
    else if (receive.leftOfTag === 0) this.#renew(receive);
    const name = message.delivery;
    const { listener, wanted } = receive;
    const delivery = new LinkDelivery(message, name, name === undefined ? 0 : wanted.lease, listener);
    if (name !== undefined) this.leased(delivery);
    listener.deliver(delivery, receive);
    return true;
  }

  /** False: nobody waits for it. */
  over(tag: string): boolean {
    const receive = this.#byTag.get(tag);
    if (receive === undefined) return false;
    if (receive.state === 'leaving') {
      this.#end(receive);
      receive.listener.withdrawn(receive);
    } else if (receive.due === Number.POSITIVE_INFINITY) {
      this.#renew(receive);
    } else {
      this.#expire(receive);
    }
    return true;
  }

  /** False: nobody waits for it. */
  refused(tag: string, refusal: LinkRefusal): boolean {
    const receive = this.#byTag.get(tag);
    if (receive === undefined) return false;
    this.#end(receive);
    receive.listener.refused(receive, refusal);
    return true;
  }

  /** Refuses all that wait. */
  fail(refusal: LinkRefusal): void {
    this.#failed = true;
    this.#connection = undefined;
    this.#timeouts.clear();
    for (const receive of [...this.#all]) {
      const leaving = receive.state === 'leaving';
      this.#end(receive);
      if (leaving) receive.listener.withdrawn(receive);
      else receive.listener.refused(receive, refusal);
    }
  }

  #say(connection: Connection, receive: LinkReceive): void {
    const { addresses, lease, timeout } = receive.wanted;
    receive.number = this.newTag();
    receive.tag = String(receive.number);
    receive.leftOfTag = Math.min(receive.left, MOST);
    this.#byTag.add(receive);
    const left = timeout === 0 ? 0 : Math.max(1, receive.due - this.timing.now());
    connection.write(encodeTaggedReceive(receive.tag, { addresses, lease, timeout: left, count: receive.leftOfTag }));
  }

  /** The broker has done all that it was asked to, and more is wanted. */
  #renew(receive: LinkReceive): void {
    this.#byTag.remove(receive);
    if (receive.state === 'leaving') {
      this.#end(receive);
      receive.listener.withdrawn(receive);
    } else if (this.#connection !== undefined) {
      this.#say(this.#connection, receive);
    }
  }

  /** One that wants what is there already waits for a broker to ask. */
  #wait(receive: LinkReceive): void {
    if (receive.wanted.timeout > 0) this.#timeouts.add(receive);
  }

  #expire(receive: LinkReceive): void {
    this.#end(receive);
    receive.listener.expired(receive);
  }

  #end(receive: LinkReceive): void {
    receive.state = 'over';
    this.#all.remove(receive);
    this.#byTag.remove(receive);
  }
}
