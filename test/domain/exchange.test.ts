import { expect } from 'chai';
import { describe, it } from 'mocha';
import { EMPTY, Hearer, message, NOTHING_YET, settleAll, World } from '../support/exchange.js';

describe('LocalExchange', () => {
  describe('routing', () => {
    it('counts what it did', () => {
      const world = new World();
      world.send('a', 'one');
      world.send('a', 'two', 1);
      const { receiver } = world.receive('a');
      expect(world.exchange.stats()).to.include({ queues: 1, messages: 1, deliveries: 1, sent: 2 });
      settleAll(world.exchange, receiver);
      world.clock.advance(1020);
      expect(world.exchange.stats()).to.deep.equal({ ...EMPTY, ...NOTHING_YET, sent: 2, settled: 1, expired: 1 });
    });

    it('forgets an address when the last message and the last receiver are gone', () => {
      const world = new World();
      world.send('a', 'one');
      const b = world.receive(['b', 'c']);
      expect(world.exchange.stats().queues).to.equal(3);
      world.exchange.withdraw(b.receive);
      expect(world.exchange.stats().queues).to.equal(1);
      world.takeAll('a');
      expect(world.exchange.stats().queues).to.equal(0);
    });

    it('does not remember an address that was only asked for', () => {
      const world = new World();
      for (let i = 0; i < 100; i++) world.receive(`a${i}`, 0);
      expect(world.exchange.stats()).to.include(EMPTY);
    });

    it('lets a receiver settle within the delivery', () => {
      const world = new World();
      const receiver = new Hearer();
      receiver.onDelivery = (delivery) => world.exchange.settle(delivery);
      world.receive('a', 60, Number.POSITIVE_INFINITY, receiver);
      for (const body of ['1', '2', '3']) world.send('a', body);
      expect(receiver.bodies).to.deep.equal(['1', '2', '3']);
      expect(world.exchange.stats()).to.include({ messages: 0, deliveries: 0, settled: 3 });
    });

    it('accepts a message that was handed over at once', () => {
      const world = new World();
      world.receive('a');
      world.send('a', 'one');
      world.send('a', 'two');
      expect(world.teller.accepts).to.deep.equal(['one', 'two']);
    });
  });

  describe('time', () => {
    it('rings no alarm while nothing waits', () => {
      const world = new World();
      expect(world.clock.next).to.equal(Number.POSITIVE_INFINITY);
      world.receive('a', Number.POSITIVE_INFINITY);
      expect(world.clock.next).to.equal(Number.POSITIVE_INFINITY);
    });

    it('drops a message within 20 ms of its timeout, whether anybody asks or not', () => {
      const world = new World();
      world.send('a', 'one', 5);
      world.clock.advance(4999);
      expect(world.exchange.stats()).to.include({ messages: 1, expired: 0 });
      world.clock.advance(21);
      expect(world.exchange.stats()).to.include({ ...EMPTY, expired: 1 });
    });

    it('never delivers an expired message, even before its alarm rang', () => {
      const world = new World();
      world.clock.advance(3);
      world.send('a', 'one', 5);
      world.clock.advance(5000);
      expect(world.exchange.stats().messages).to.equal(1);
      expect(world.takeAll('a')).to.deep.equal([]);
      expect(world.exchange.stats()).to.include({ ...EMPTY, expired: 1 });
    });

    it('keeps one alarm for all, and moves it on', () => {
      const world = new World();
      for (const seconds of [3, 1, 2]) world.receive('a', seconds);
      world.send('b', 'b', 4);
      world.clock.advance(1020);
      expect(world.exchange.stats()).to.include({ receivers: 2, messages: 1 });
      world.clock.advance(1000);
      expect(world.exchange.stats()).to.include({ receivers: 1, messages: 1 });
      world.clock.advance(2000);
      expect(world.exchange.stats()).to.include(EMPTY);
      world.clock.advance(1);
      expect(world.clock.next).to.equal(Number.POSITIVE_INFINITY);
    });

    it('expires nothing after it was stopped', () => {
      const world = new World();
      world.send('a', 'one', 1);
      world.exchange.stop();
      world.clock.advance(5000);
      expect(world.exchange.stats()).to.include({ messages: 1, expired: 0 });
    });
  });

  it('drops any number of messages that expire together', () => {
    const world = new World();
    for (let n = 0; n < 25_000; n++) world.send('a', '', 1);
    world.clock.advance(1020);
    expect(world.exchange.stats()).to.deep.equal({ ...EMPTY, ...NOTHING_YET, sent: 25_000, expired: 25_000 });
  });

  describe('limits', () => {
    const room = 'the broker holds as many messages as it may';
    const queueRoom = 'the queue of a holds as many messages as it may';
    const cases: [name: string, limits: object, text: string][] = [
      ['messages in all', { messages: 2 }, room],
      ['bytes in all', { bytes: 2 * 303 }, room],
      ['messages of a queue', { queueMessages: 2 }, queueRoom],
      ['bytes of a queue', { queueBytes: 2 * 303 }, queueRoom],
    ];
    for (const [name, limits, text] of cases) {
      it(`refuses what is past the ${name}, by name, and keeps nothing of it`, () => {
        const world = new World({ limits });
        for (const body of ['one', 'two', 'tre']) world.send('a', body);
        expect(world.teller.accepts).to.deep.equal(['one', 'two']);
        expect(world.teller.refusals).to.deep.equal([{ tag: 'tre', refusal: { code: 'full', text } }]);
        expect(world.exchange.stats()).to.include({ messages: 2, bytes: 606, sent: 2, refused: 1 });
        expect(world.takeAll('a')).to.deep.equal(['one', 'two']);
        world.send('a', 'more');
        expect(world.teller.accepts).to.include('more');
      });
    }

    it('refuses the first message of a queue that can hold none, and remembers no address for it', () => {
      const world = new World({ limits: { queueBytes: 302 } });
      world.send('a', 'one');
      expect(world.teller.refusals).to.have.length(1);
      expect(world.exchange.stats()).to.include(EMPTY);
    });

    it('counts what is out against the limits of the whole', () => {
      const world = new World({ limits: { messages: 1 } });
      world.receive('a');
      world.send('a', 'out');
      world.send('b', 'no');
      expect(world.teller.refusals.map(({ tag }) => tag)).to.deep.equal(['no']);
    });

    it('limits one queue and not its neighbour', () => {
      const world = new World({ limits: { queueMessages: 1 } });
      for (const to of ['a', 'b', '~m~1', '~m~2']) world.send(to, to);
      expect(world.teller.accepts).to.deep.equal(['a', 'b', '~m~1']);
    });

    it('always takes a message that somebody is ready for', () => {
      const world = new World({ limits: { messages: 0, queueMessages: 0 } });
      const { receiver } = world.receive('a');
      world.send('a', 'one');
      expect(receiver.bodies).to.deep.equal(['one']);
    });
  });

  describe('give back', () => {
    it('takes a message back beyond the limits', () => {
      const world = new World({ limits: { queueMessages: 1 } });
      world.send('a', 'one');
      const { receiver } = world.receive('a');
      world.send('a', 'two');
      world.exchange.giveBack(receiver.of('one'), 0);
      expect(world.takeAll('a')).to.deep.equal(['one', 'two']);
    });

    it('ignores what was given back or settled already', () => {
      const world = new World();
      world.send('a', 'one');
      world.send('a', 'two');
      const { receiver } = world.receive('a', 60, 2);
      world.exchange.giveBack(receiver.of('one'), 0);
      world.exchange.giveBack(receiver.of('one'), 0);
      world.exchange.settle(receiver.of('two'));
      world.exchange.settle(receiver.of('two'));
      world.exchange.giveBack(receiver.of('two'), 0);
      expect(world.exchange.stats()).to.include({ messages: 1, deliveries: 0, settled: 1 });
      expect(world.takeAll('a')).to.deep.equal(['one']);
      expect(world.exchange.stats()).to.include(EMPTY);
    });

    it('expires what was given back, at its first timeout', () => {
      const world = new World();
      world.send('a', 'one', 5);
      const { receiver } = world.receive('a');
      world.clock.advance(4000);
      world.exchange.giveBack(receiver.of('one'), 0);
      world.clock.advance(1020);
      expect(world.exchange.stats()).to.include({ ...EMPTY, expired: 1 });
    });
  });

  it('delivers with a part of a second as the timeout', () => {
    const world = new World();
    world.exchange.send(message('a', 'short', 0.05), world.teller, '');
    world.clock.advance(70);
    expect(world.exchange.stats().expired).to.equal(1);
  });
});
