import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { MemoryJournal } from '../../src/adapters/journal/memory/journal.js';
import { OVERHEAD } from '../../src/domain/entry.js';
import type { Delivery, Receive } from '../../src/ports/exchange.js';
import { EMPTY, Hearer, message, NOTHING_YET, World } from '../support/exchange.js';
import { FakeJournal } from '../support/journal.js';
import { Model, type ModelMessage } from '../support/model.js';

/** Times are multiples of the deadlines' resolution: there the exchange is exact. */
const TICK = 1000;

const address = fc.constantFrom('a', 'b', 'c');
const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('send' as const), to: address, seconds: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('receive' as const),
      addresses: fc.array(address, { minLength: 1, maxLength: 4 }),
      seconds: fc.nat(5),
      count: fc.constantFrom(1, 1, 1, 2, 3, Number.POSITIVE_INFINITY),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('settle' as const), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('giveBack' as const), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('advance' as const), seconds: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('turn' as const) }) },
);

type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** The exchange and its model, side by side. */
class Pair {
  readonly world: World;
  readonly model: Model;
  readonly #log: string[] = [];
  readonly #deliveries = new Map<string, Delivery>();
  readonly #receives = new Map<string, Receive>();
  #named = 0;

  constructor(readonly journal: MemoryJournal | FakeJournal) {
    this.world = new World({ journal });
    this.model = new Model(this.world.clock.now());
  }

  run(step: Command): void {
    const { exchange, clock, turn, teller } = this.world;
    switch (step.kind) {
      case 'send': {
        const body = `m${++this.#named}`;
        exchange.send(message(step.to, body, step.seconds), teller, body);
        return this.model.send({ body, to: step.to, due: this.model.now + step.seconds * TICK });
      }
      case 'receive':
        return this.#receive(step.addresses, step.seconds * TICK, step.count);
      case 'withdraw': {
        const name = `r${step.which}`;
        const receive = this.#receives.get(name);
        if (receive !== undefined) exchange.withdraw(receive);
        return this.model.withdraw(name);
      }
      case 'settle':
        return this.#ofOut(step.which, (delivery, model) => {
          exchange.settle(delivery);
          this.model.settle(model);
        });
      case 'giveBack':
        return this.#ofOut(step.which, (delivery, model) => {
          exchange.giveBack(delivery, 0);
          this.model.giveBack(model);
        });
      case 'advance':
        for (let i = 0; i < step.seconds; i++) {
          clock.advance(TICK);
          this.model.advance(TICK);
        }
        return;
      case 'turn':
        return turn.end();
    }
  }

  #receive(addresses: readonly string[], timeout: number, count: number): void {
    const name = `r${this.#receives.size}`;
    const receiver = new Hearer();
    receiver.onDelivery = (delivery) => {
      this.#log.push(`${name} got ${delivery.message.body}`);
      this.#deliveries.set(delivery.message.body, delivery);
    };
    receiver.expired = () => this.#log.push(`${name} expired`);
    this.#receives.set(name, this.world.exchange.receive({ addresses, timeout, count, lease: 0 }, receiver));
    this.model.receive({ name, addresses, due: this.model.now + timeout, wants: count });
  }

  #ofOut(which: number, act: (delivery: Delivery, model: ModelMessage) => void): void {
    const { out } = this.model;
    const model = out[which % out.length];
    if (model !== undefined) act(this.#deliveries.get(model.body) as Delivery, model);
  }

  compare(): void {
    const { model } = this;
    // Of receivers whose time runs out in one moment any may hear it first.
    expect([...this.#log].sort()).to.deep.equal([...model.log].sort());
    expect(this.#log.filter((line) => line.includes('got'))).to.deep.equal(
      model.log.filter((line) => line.includes('got')),
    );
    const held = [...model.waiting, ...model.out];
    expect(this.world.exchange.stats()).to.deep.equal({
      ...EMPTY,
      ...NOTHING_YET,
      queues: model.queues,
      messages: model.waiting.length,
      bytes: held.reduce((sum, { body }) => sum + body.length + OVERHEAD, 0),
      deliveries: model.out.length,
      receivers: model.receivers.length,
      ...model.counted,
    });
  }

  /** Everything comes to its end. */
  finish(): void {
    for (let i = 0; i < this.#receives.size; i++) this.run({ kind: 'withdraw', which: i });
    while (this.model.out.length > 0) this.run({ kind: 'giveBack', which: 0 });
    this.run({ kind: 'advance', seconds: 10 });
    this.run({ kind: 'turn' });
    this.compare();
    expect(this.world.exchange.stats()).to.include(EMPTY);
    expect([...this.world.teller.accepts].sort()).to.have.length(this.#named);
    expect(new Set(this.world.teller.accepts).size).to.equal(this.#named);
    if (this.journal instanceof FakeJournal) expect(this.journal.kept.size).to.equal(0);
  }
}

describe('LocalExchange beside a naive model', () => {
  for (const make of [() => new MemoryJournal(), () => new FakeJournal()]) {
    it(`does what the model does (journal ${make().sync})`, function () {
      this.timeout(20_000);
      fc.assert(
        fc.property(fc.array(command, { maxLength: 120, size: 'max' }), (commands) => {
          const pair = new Pair(make());
          for (const step of commands) {
            pair.run(step);
            pair.compare();
          }
          pair.finish();
        }),
        { numRuns: 150 },
      );
    });
  }
});
