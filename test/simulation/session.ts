import type { Delivery, Exchange, Receive, Receiver } from '../../src/ports/exchange.js';
import type { Item, Out } from './item.js';
import type { Ledger } from './ledger.js';
import type { Line, Receiving } from './line.js';
import type { Scene } from './scene.js';

/** A delivery in a session's hands. */
interface Held {
  readonly item: Item;
  readonly out: Out;
  readonly delivery: Delivery;
}

/** What stands behind one receive. */
class Tagged implements Receiver {
  receiving!: Receiving;

  constructor(private readonly session: Session) {}

  get slow(): boolean {
    return this.session.slow;
  }

  deliver(delivery: Delivery, receive: Receive): void {
    this.receiving.receive = receive;
    this.session.took(delivery, this.receiving);
  }

  expired(receive: Receive): void {
    this.receiving.receive = receive;
    this.session.expired(this.receiving);
  }

  lapsed(delivery: Delivery): void {
    this.session.lapsed(delivery);
  }
}

/** A client and its connection, as the broker's sessions treat the exchange. */
export class Session {
  open = true;
  slow = false;
  /** Deliveries whose bytes have not left, and leased ones whose have. */
  unwritten: Held[] = [];
  held: Held[] = [];
  readonly #receivings: Receiving[] = [];

  constructor(
    readonly name: string,
    private readonly exchange: Exchange,
    private readonly scene: Scene,
    private readonly ledger: Ledger,
    private readonly line: Line,
  ) {}

  get receivings(): Receiving[] {
    return this.#receivings.filter(({ receive }) => receive?.waiting);
  }

  receive(tag: string, addresses: readonly string[], timeout: number, count: number, lease: number): void {
    const { scene, line } = this;
    scene.note(
      () => `${this.name} ${tag} receives ${addresses.join(' ')} for ${timeout}, count ${count}, lease ${lease}`,
    );
    const tagged = new Tagged(this);
    const receiving: Receiving = {
      tag,
      addresses,
      count,
      lease,
      due: scene.now + timeout,
      brief: timeout === 0,
      slow: () => this.slow,
      receive: undefined,
      got: 0,
      expired: false,
      withdrawnAt: Number.POSITIVE_INFINITY,
      linedUpAt: Number.POSITIVE_INFINITY,
      askedAt: ++scene.tick,
      lost: false,
    };
    tagged.receiving = receiving;
    this.#receivings.push(receiving);
    line.asks(receiving);
    line.asked(receiving, this.exchange.receive({ addresses, timeout, count, lease }, tagged));
  }

  withdraw(receiving: Receiving): void {
    const { receive, tag } = receiving;
    if (receive === undefined) return;
    this.scene.note(() => `${this.name} ${tag} is withdrawn`);
    this.line.withdraws(receiving);
    this.exchange.withdraw(receive);
  }

  took(delivery: Delivery, receiving: Receiving): void {
    const { scene } = this;
    const out = this.ledger.delivered(delivery, receiving);
    const held = { item: this.ledger.itemOf(delivery), out, delivery };
    this.unwritten.push(held);
    if (!this.open) scene.turn.resume(() => this.#giveBack(held, 0));
    else if (out.name === undefined && scene.random.chance(0.3)) this.#settle(held);
  }

  expired(receiving: Receiving): void {
    this.line.expires(receiving);
    if (!receiving.lost && !this.slow) this.ledger.nothingFor(receiving);
  }

  lapsed(delivery: Delivery): void {
    this.ledger.lapsed(delivery);
    this.held = this.held.filter((held) => held.delivery !== delivery);
  }

  /** So many deliveries leave. */
  write(count: number): void {
    for (const held of this.unwritten.slice(0, count)) {
      if (held.out.name === undefined) this.#settle(held);
      else this.#keep(held, held.delivery.lease);
    }
  }

  /** The client finishes all it has. */
  settleAll(): void {
    for (const held of this.held) this.#settle(held);
  }

  /** The client says something to a delivery that it has. */
  answer(): void {
    const { random } = this.scene;
    const held = random.any(
      random.chance(0.9) ? this.held : this.unwritten.filter(({ out }) => out.name !== undefined),
    );
    if (held === undefined) return;
    const what = random.below(10);
    if (what < 6) {
      this.#settle(held);
    } else if (what < 8) {
      if (!held.out.written) this.#keep(held, held.delivery.lease);
      this.#giveBack(held, random.pick([0, 0, 15, 300, 5000, 12_000]));
    } else {
      this.#keep(held, random.pick([0, 100, 5000, 60_000]));
    }
  }

  /** It takes over a delivery from before a restart. */
  claim(item: Item): void {
    const { name, end } = item.out as Out;
    if (name === undefined) return;
    const { scene } = this;
    const delivery = this.exchange.claim(name, this.#claimant);
    scene.note(() => `${this.name} claims ${name}: ${delivery !== undefined}`);
    if (delivery === undefined) {
      scene.check(scene.now >= end || item.unsure, 'a lease can be claimed after a restart');
      return;
    }
    scene.check(!item.unsure || scene.now <= end + 20, 'a lease that is over cannot be claimed');
    scene.check(
      delivery.message.body === item.body && delivery.attempt === item.attempts,
      'a claim gets what it named',
    );
    item.unsure = false;
    (item.out as Out).delivery = delivery;
    this.held.push({ item, out: item.out as Out, delivery });
  }

  toggle(): void {
    const { scene } = this;
    this.slow = !this.slow;
    scene.note(() => `${this.name} is ${this.slow ? 'slow' : 'quick again'}`);
    this.line.lose((receiving) => this.#receivings.includes(receiving));
    if (this.slow) return;
    for (const { receive } of this.#receivings) {
      if (this.slow) return;
      if (receive?.waiting) this.exchange.wake(receive);
    }
  }

  disconnect(): void {
    const { scene } = this;
    scene.note(() => `${this.name} disconnects`);
    this.open = false;
    for (const receiving of this.#receivings) {
      if (receiving.receive?.waiting || (receiving.receive?.underWay ?? 0) > 0) this.withdraw(receiving);
    }
    const all = [...this.held, ...this.unwritten];
    if (scene.random.chance(0.5)) all.reverse();
    for (const held of all) {
      const begun = held.out.name !== undefined && !held.out.written && scene.random.chance(0.3);
      if (begun) this.#keep(held, held.delivery.lease);
      this.#giveBack(held, 0);
    }
  }

  readonly #claimant: Receiver = {
    slow: false,
    deliver: () => this.scene.fail('who claims gets no deliveries'),
    expired: () => this.scene.fail('who claims receives nothing'),
    lapsed: (delivery) => this.lapsed(delivery),
  };

  #settle(held: Held): void {
    this.scene.note(() => `${this.name} settles ${held.item.body} ${held.out.name ?? ''}`);
    this.#drop(held);
    this.ledger.settles(held.item);
    this.exchange.settle(held.delivery);
  }

  #giveBack(held: Held, delay: number): void {
    this.scene.note(() => `${this.name} gives ${held.item.body} ${held.out.name ?? ''} back, delay ${delay}`);
    this.#drop(held);
    this.ledger.givesBack(held.item, delay);
    this.exchange.giveBack(held.delivery, delay);
  }

  #keep(held: Held, milliseconds: number): void {
    this.scene.note(() => `${this.name} keeps ${held.item.body} ${held.out.name} for ${milliseconds}`);
    if (this.unwritten.includes(held)) {
      this.unwritten = this.unwritten.filter((other) => other !== held);
      this.held.push(held);
    }
    this.ledger.keeps(held.item, milliseconds);
    this.exchange.keep(held.delivery, milliseconds);
  }

  #drop(held: Held): void {
    this.unwritten = this.unwritten.filter((other) => other !== held);
    this.held = this.held.filter((other) => other !== held);
  }
}
