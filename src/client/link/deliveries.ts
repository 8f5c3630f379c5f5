import { encodeDone, encodeGiveBack, encodeKeep } from '../../protocol/tagged/encode-command.js';
import type { Alarm, Timing } from '../timing.js';
import type { LinkRefusal } from './ask.js';
import type { Connection } from './connection.js';
import type { LinkDelivery } from './delivery.js';
import { Line } from './line.js';

/**
 * Ends that are kept until the broker has confirmed them, before it is asked to. Each keeps its message: the more there are,
 * the more the garbage collector has to copy.
 */
const MOST_UNCONFIRMED = 64;
/** Milliseconds after which it is asked to anyway. */
const UNCONFIRMED = 1000;

/**
 * The leased deliveries that are ours, and those that we have ended while nobody has told that the broker knows. After a
 * lost connection all are named again: a broker that was restarted gives them to who does.
 */
export class Deliveries {
  /** No index by name: that is only asked for where a lease was lost, and of those nearly always of the first. */
  readonly #held = new Line<LinkDelivery>();
  /** Ends said on this connection since the last confirmation was asked for. */
  #ended: LinkDelivery[] = [];
  #connection: Connection | undefined;
  readonly #alarm: Alarm;
  #confirming = false;

  /** @param flush calls back when all that was said before is on disk */
  constructor(
    private readonly timing: Timing,
    private readonly flush: (done: (refusal?: LinkRefusal) => void) => void,
  ) {
    this.#alarm = timing.alarm(() => this.#confirm());
  }

  /** How many are ours. */
  get count(): number {
    let count = 0;
    for (const { end } of this.#held) if (end === undefined) count++;
    return count;
  }

  /** Whether one was ended, and the broker has not confirmed that. */
  get unconfirmed(): boolean {
    for (const { end } of this.#held) if (end !== undefined) return true;
    return false;
  }

  add(delivery: LinkDelivery): void {
    this.#held.add(delivery);
  }

  /** It has an end, or its lease is to last `delivery.lease` from now. */
  say(delivery: LinkDelivery): void {
    const { name, end } = delivery;
    if (name === undefined || delivery.lost || this.#connection === undefined) return;
    this.#write(this.#connection, name, delivery);
    if (end === undefined) return;
    if (this.#ended.push(delivery) >= MOST_UNCONFIRMED) this.#confirm();
    else if (this.#ended.length === 1) this.#alarm.set(this.timing.now() + UNCONFIRMED);
  }

  connected(connection: Connection): void {
    this.#connection = connection;
    for (const delivery of this.#held) this.say(delivery);
  }

  lost(): void {
    this.#connection = undefined;
    this.#confirming = false;
    this.#ended = [];
    this.#alarm.clear();
    for (const delivery of this.#held) delivery.repeated = delivery.end !== undefined;
  }

  /** The broker says that it is not ours, or no longer. */
  refused(name: string): void {
    const delivery = this.#find(name);
    if (delivery === undefined) return;
    this.#held.remove(delivery);
    delivery.lost = true;
    if (delivery.end === undefined) delivery.listener.lapsed(delivery);
    else delivery.listener.tooLate(delivery);
  }

  /** The client is closed: all goes back. */
  clear(): void {
    this.#connection = undefined;
    this.#alarm.clear();
    for (const delivery of [...this.#held]) {
      this.#held.remove(delivery);
      delivery.lost = true;
      if (delivery.end === undefined) delivery.listener.lapsed(delivery);
    }
  }

  #find(name: string): LinkDelivery | undefined {
    for (const delivery of this.#held) if (delivery.name === name) return delivery;
    return undefined;
  }

  #write(connection: Connection, name: string, { end, lease }: LinkDelivery): void {
    if (end === undefined) connection.write(encodeKeep(name, lease));
    else connection.write(end.how === 'done' ? encodeDone(name) : encodeGiveBack(name, end.delay));
  }

  /** One at a time: the more is finished, the more each of them confirms. */
  #confirm(): void {
    this.#alarm.clear();
    if (this.#confirming || this.#ended.length === 0) return;
    const connection = this.#connection;
    const ended = this.#ended;
    this.#ended = [];
    this.#confirming = true;
    this.flush((refusal) => {
      // What was asked on an earlier connection is answered for that one.
      if (this.#connection !== connection || connection === undefined) return;
      this.#confirming = false;
      if (refusal === undefined) for (const delivery of ended) this.#held.remove(delivery);
      else this.#ended.push(...ended);
      if (refusal === undefined && this.#ended.length >= MOST_UNCONFIRMED) this.#confirm();
      else if (this.#ended.length > 0) this.#alarm.set(this.timing.now() + UNCONFIRMED);
    });
  }
}
