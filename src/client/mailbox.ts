import { randomBytes } from 'node:crypto';
import type { LinkRefusal, Outgoing, SendAsk } from './link/ask.js';
import { ByTag, type Tagged } from './link/by-tag.js';
import type { LinkDelivery } from './link/delivery.js';
import type { Link } from './link/link.js';
import type { LinkReceive, ReceiveListener } from './link/receive.js';
import { errorOf } from './refusal.js';
import { type Timed, Timeouts } from './timeouts.js';
import type { Timing } from './timing.js';

/** Milliseconds. Replies are finished as they come: it only has to outlast a lost connection. */
const LEASE = 30_000;

/** A question that waits for its answer. */
export class Query implements Timed, Tagged<Query> {
  readonly promise: Promise<LinkDelivery | undefined>;
  /** Its send, while that has no receipt. */
  ask: SendAsk | undefined;
  resolve: (reply: LinkDelivery | undefined) => void = () => undefined;
  reject: (reason: unknown) => void = () => undefined;

  /** Its label. */
  readonly tag: string;
  next: Query | undefined = undefined;

  constructor(
    readonly number: number,
    readonly due: number,
  ) {
    this.tag = String(number);
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

/**
 * Where the answers to all queries of one client come: labels of one mailbox, on which one receive stands for as long as the
 * client lives. So an answer finds its query whatever becomes of connections meanwhile.
 *
 * If the broker has a journal, answers come under a lease, so that none is lost with a connection. One that comes again after
 * that finds no query, and is finished unseen.
 */
export class Mailbox implements ReceiveListener {
  readonly #name = `~${randomBytes(16).toString('base64url')}`;
  readonly #open = new ByTag<Query>();
  readonly #timeouts: Timeouts<Query>;
  #receive: LinkReceive | undefined;
  #labels = 0;

  /** @param safe whether answers come under a lease, where that can help */
  constructor(
    private readonly link: Link,
    private readonly timing: Timing,
    private readonly safe: boolean,
  ) {
    this.#timeouts = new Timeouts(timing, (query) => this.#late(query));
  }

  /** Questions that wait. */
  get count(): number {
    return this.#open.size;
  }

  /** @param timeout milliseconds */
  open(timeout: number): Query {
    const query = new Query(this.#labels++, this.timing.now() + timeout);
    this.#open.add(query);
    this.#timeouts.add(query);
    this.#receive ??= this.#listen();
    return query;
  }

  /** Asks it, if it still waits. */
  send(query: Query, message: Outgoing): void {
    if (this.#open.get(query.tag) !== query) return;
    const replyTo = `${this.#name}~${query.tag}`;
    const refused = (_tag: string, refusal: LinkRefusal) => this.fail(query, errorOf(refusal));
    query.ask = this.link.send({ ...message, replyTo }, { accepted: () => undefined, refused }, '');
  }

  /** It fails, if it still waits. */
  fail(query: Query, reason: unknown): void {
    if (this.#close(query)) query.reject(reason);
  }

  /** All fail, and no answer is awaited any more. */
  close(reason: unknown): void {
    for (const query of this.#open.all()) this.fail(query, reason);
    if (this.#receive !== undefined) this.link.withdraw(this.#receive);
  }

  deliver(delivery: LinkDelivery): void {
    if (delivery.name !== undefined) this.link.done(delivery);
    const query = this.#open.get(delivery.message.to.slice(this.#name.length + 1));
    if (query !== undefined && this.#close(query)) query.resolve(delivery);
  }

  refused(_receive: LinkReceive, refusal: LinkRefusal): void {
    this.#receive = undefined;
    for (const query of this.#open.all()) this.fail(query, errorOf(refusal));
  }

  expired(): void {
    // It waits for ever.
  }

  withdrawn(): void {
    // The client was closed.
  }

  lapsed(): void {
    // Answers are finished as they come.
  }

  tooLate(): void {
    // It comes again, and finds no query.
  }

  #listen(): LinkReceive {
    const lease = this.safe && this.link.welcome.journal !== 'off' ? LEASE : 0;
    const forEver = Number.POSITIVE_INFINITY;
    return this.link.receive({ addresses: [this.#name], timeout: forEver, count: forEver, lease }, this);
  }

  #late(query: Query): void {
    if (query.ask !== undefined) this.link.drop(query.ask);
    if (this.#close(query)) query.resolve(undefined);
  }

  #close(query: Query): boolean {
    this.#timeouts.remove(query);
    return this.#open.remove(query);
  }
}
