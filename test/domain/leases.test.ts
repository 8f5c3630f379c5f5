import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { GRACE } from '../../src/domain/leases.js';
import type { Delivery } from '../../src/ports/exchange.js';
import { ManualClock } from '../support/clock.js';
import { EMPTY, Hearer, World } from '../support/exchange.js';
import { FakeJournal } from '../support/journal.js';

describe('leases', () => {
  let journal: FakeJournal;
  let world: World;

  beforeEach(() => {
    journal = new FakeJournal();
    world = new World({ journal });
  });

  /** The message with this body, delivered under a lease of 30 seconds, its bytes written. */
  const lease = (address: string, body: string): Delivery => {
    const { receiver } = world.lease(address);
    world.turn.end();
    const delivery = receiver.of(body);
    world.exchange.keep(delivery, 30_000);
    return delivery;
  };

  it('are on disk, with their attempt, before anything is delivered', () => {
    journal.hold = true;
    const { receiver, receive } = world.lease('a');
    world.send('a', '1');
    world.turn.end();
    expect([receiver.bodies, receive.waiting, receive.underWay]).to.deep.equal([[], false, 1]);
    journal.answer();
    expect([receiver.bodies, receive.underWay]).to.deep.equal([['1'], 0]);
    const [stored] = journal.deliveries.values();
    expect(stored).to.include({ attempts: 1, name: receiver.of('1').name, answered: false });
  });

  it('come at once where there is no journal', () => {
    const ephemeral = new World();
    ephemeral.send('a', '1');
    expect(ephemeral.lease('a').receiver.of('1')).to.include({ attempt: 1, lease: 30_000 });
  });

  it('start when the last byte was written, not when it was decided', () => {
    world.send('a', '1');
    const { receiver } = world.lease('a');
    world.turn.end();
    world.clock.advance(45_000);
    expect(receiver.lapses).to.deep.equal([]);
    world.exchange.keep(receiver.of('1'), 30_000);
    world.clock.advance(29_990);
    expect(receiver.lapses).to.deep.equal([]);
    world.clock.advance(30);
    expect(receiver.lapses).to.deep.equal([receiver.of('1')]);
    expect(world.exchange.stats()).to.include({ messages: 1, deliveries: 0, returned: 1 });
  });

  it('tell the journal of a new end only where it matters', () => {
    world.send('a', '1');
    const delivery = lease('a', '1');
    world.turn.end();
    const batches = journal.batches.length;
    world.exchange.keep(delivery, 30_500);
    world.turn.end();
    expect(journal.batches).to.have.length(batches);
    world.exchange.keep(delivery, 60_000);
    world.turn.end();
    expect([...journal.deliveries.values()][0]?.until).to.equal(world.clock.now() + 60_000);
  });

  it('count every delivery that has left, and none that has not', () => {
    world.send('a', '1');
    world.exchange.giveBack(lease('a', '1'), 0);
    const { receiver } = world.lease('a');
    world.turn.end();
    expect(receiver.of('1').attempt).to.equal(2);
    world.exchange.giveBack(receiver.of('1'), 0);
    const again = world.lease('a');
    world.turn.end();
    expect(again.receiver.of('1').attempt).to.equal(2);
  });

  it('are over once: who is late is not heard', () => {
    world.send('a', '1');
    const delivery = lease('a', '1');
    world.clock.advance(30_020);
    world.exchange.settle(delivery);
    world.exchange.giveBack(delivery, 0);
    world.exchange.keep(delivery, 1000);
    expect(world.exchange.stats()).to.include({ messages: 1, deliveries: 0, settled: 0 });
    expect(world.takeAll('a')).to.deep.equal(['1']);
  });

  it('let a receiver settle when it hears that its lease runs out', () => {
    world.send('a', '1');
    const receiver = new Hearer();
    receiver.lapsed = (delivery) => world.exchange.settle(delivery);
    world.lease('a', 1, 30, receiver);
    world.turn.end();
    world.exchange.keep(receiver.of('1'), 30_000);
    world.clock.advance(30_020);
    expect(world.exchange.stats()).to.include({ ...EMPTY, settled: 1 });
  });

  it('deliver also after the receive was taken back, if that was decided before', () => {
    journal.hold = true;
    world.send('a', '1');
    const { receiver, receive } = world.lease('a', 2);
    world.turn.end();
    world.exchange.withdraw(receive);
    journal.answer();
    expect(receiver.bodies).to.deep.equal(['1']);
    world.clock.advance(100_000);
    expect(receiver.expirations).to.equal(0);
  });

  it('say that a receive is over only after what was under way', () => {
    journal.hold = true;
    world.send('a', '1');
    const { receiver } = world.receive('a', 0, 2, new Hearer(), 30);
    expect(receiver.expirations).to.equal(0);
    world.turn.end();
    journal.answer();
    expect([receiver.bodies, receiver.expirations]).to.deep.equal([['1'], 1]);
  });

  it('say nothing of the end of a receive that was taken back meanwhile', () => {
    journal.hold = true;
    world.send('a', '1');
    const { receiver, receive } = world.receive('a', 0, 2, new Hearer(), 30);
    world.exchange.withdraw(receive);
    world.turn.end();
    journal.answer();
    expect([receiver.bodies, receiver.expirations]).to.deep.equal([['1'], 0]);
  });

  describe('given back', () => {
    it('with a delay, return to their old place when it ends', () => {
      for (const body of ['1', '2']) world.send('a', body);
      world.exchange.giveBack(lease('a', '1'), 5000);
      world.turn.end();
      expect(world.exchange.stats()).to.include({ messages: 1, delayed: 1 });
      expect([...journal.deliveries.values()][0]).to.include({ name: undefined, until: world.clock.now() + 5000 });
      world.clock.advance(4990);
      world.send('a', '3');
      expect(world.exchange.stats().delayed).to.equal(1);
      world.clock.advance(30);
      expect(world.takeAll('a')).to.deep.equal(['1', '2', '3']);
    });

    it('after their timeout, or with a delay beyond it, are dead', () => {
      world.send('a', '1', 40);
      world.send('b', '2', 40);
      const late = lease('a', '1');
      const early = lease('b', '2');
      world.exchange.giveBack(early, 40_000);
      world.exchange.keep(late, 60_000);
      world.clock.advance(40_000);
      world.exchange.giveBack(late, 0);
      expect([world.takeAll('dead:a'), world.takeAll('dead:b')]).to.deep.equal([['1'], ['2']]);
    });
  });

  describe('on a full disk', () => {
    it('that belong to a refused message never were, and their receiver gets the next one', () => {
      journal.outcome = 'full';
      world.send('a', 'refused');
      const { receiver } = world.lease('a');
      world.turn.end();
      expect(world.teller.refusals.map(({ tag }) => tag)).to.deep.equal(['refused']);
      expect(receiver.bodies).to.deep.equal([]);
      expect(world.exchange.stats()).to.include({ messages: 0, deliveries: 0, receivers: 1 });
      journal.outcome = 'ok';
      world.clock.advance(1000);
      world.send('a', 'next');
      world.turn.end();
      expect(receiver.bodies).to.deep.equal(['next']);
      expect(world.exchange.stats().receivers).to.equal(0);
    });

    it('end the receive whose time ran out meanwhile', () => {
      journal.hold = true;
      world.send('a', 'refused');
      const { receiver } = world.receive('a', 1, 1, new Hearer(), 30);
      world.turn.end();
      world.clock.advance(2000);
      journal.answer('full');
      expect([receiver.bodies, receiver.expirations]).to.deep.equal([[], 1]);
      expect(world.exchange.stats()).to.include({ receivers: 0 });
    });
  });

  describe('after a restart', () => {
    const restart = (away = 0) => {
      world.turn.end();
      const clock = new ManualClock(77, world.clock.wall() + away);
      world = new World({ journal: journal.survivor(), clock, names: 'second-' });
      world.exchange.restore();
      world.turn.end();
    };

    it('have time left for their holder to come back, and belong to who names them', () => {
      world.send('a', '1', 600);
      const { name } = lease('a', '1');
      restart(60_000);
      world.clock.advance(GRACE - 10);
      expect(world.exchange.stats()).to.include({ messages: 0, deliveries: 1 });
      const receiver = new Hearer();
      const delivery = world.exchange.claim(name as string, receiver) as Delivery;
      expect(delivery).to.include({ name, attempt: 1, at: 'a' });
      expect(world.exchange.claim(name as string, receiver)).to.equal(undefined);
      world.exchange.keep(delivery, 30_000);
      world.clock.advance(29_000);
      world.exchange.settle(delivery);
      world.turn.end();
      expect(world.exchange.stats()).to.include({ ...EMPTY, settled: 1 });
    });

    it('run out unheard where nobody names them', () => {
      for (const body of ['1', '2']) world.send('a', body, 600);
      const { name } = lease('a', '1');
      restart();
      world.clock.advance(30_020);
      expect(world.exchange.claim(name as string, new Hearer())).to.equal(undefined);
      const { receiver } = world.lease('a', 2);
      world.turn.end();
      expect(receiver.deliveries.map(({ message, attempt }) => `${message.body} ${attempt}`)).to.deep.equal([
        '1 2',
        '2 1',
      ]);
    });

    it('tell who claimed them when they run out', () => {
      world.send('a', '1', 600);
      const { name } = lease('a', '1');
      restart();
      const receiver = new Hearer();
      const delivery = world.exchange.claim(name as string, receiver);
      world.clock.advance(60_000);
      expect(receiver.lapses).to.deep.equal([delivery]);
    });

    it('wait on where they were given back with a delay', () => {
      world.send('a', '1', 600);
      world.exchange.giveBack(lease('a', '1'), 20_000);
      restart(5000);
      expect(world.exchange.stats()).to.include({ messages: 0, delayed: 1 });
      world.clock.advance(14_980);
      expect(world.takeAll('a')).to.deep.equal([]);
      world.clock.advance(40);
      expect(world.takeAll('a')).to.deep.equal(['1']);
    });

    it('keep what was given back in its place, with its attempts', () => {
      for (const body of ['1', '2', '3']) world.send('a', body, 600);
      const first = lease('a', '1');
      const second = lease('a', '2');
      world.exchange.giveBack(second, 0);
      world.exchange.giveBack(first, 0);
      restart();
      const { receiver } = world.lease('a', 3);
      world.turn.end();
      expect(receiver.deliveries.map(({ message, attempt }) => `${message.body} ${attempt}`)).to.deep.equal([
        '1 2',
        '2 2',
        '3 1',
      ]);
    });
  });
});
