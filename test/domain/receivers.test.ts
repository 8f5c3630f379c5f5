import { expect } from 'chai';
import { describe, it } from 'mocha';
import { EMPTY, Hearer, World } from '../support/exchange.js';
import { FakeJournal } from '../support/journal.js';

describe('slow receivers', () => {
  const slow = () => {
    const receiver = new Hearer();
    receiver.slow = true;
    return receiver;
  };

  it('are passed over, and served first when they are quick again', () => {
    const world = new World();
    const first = world.receive('a', 60, 1, slow());
    const second = world.receive('a');
    world.send('a', '1');
    world.send('a', '2');
    expect([first.receiver.bodies, second.receiver.bodies]).to.deep.equal([[], ['1']]);
    const third = world.receive('b');
    world.exchange.withdraw(third.receive);
    first.receiver.slow = false;
    world.exchange.wake(first.receive);
    expect(first.receiver.bodies).to.deep.equal(['2']);
    expect(world.exchange.stats()).to.include({ receivers: 0, messages: 0 });
  });

  it('keep their place before those who come later', () => {
    const world = new World();
    const first = world.receive('a', 60, 1, slow());
    world.send('a', '1');
    const taken = world.takeAll('a');
    const second = world.receive('a');
    first.receiver.slow = false;
    world.exchange.wake(first.receive);
    world.send('a', '2');
    world.send('a', '3');
    expect([taken, first.receiver.bodies, second.receiver.bodies]).to.deep.equal([['1'], ['2'], ['3']]);
  });

  it('still run out of time, and can be taken back', () => {
    const world = new World();
    const [timed, withdrawn] = [world.receive('a', 5, 1, slow()), world.receive(['a', 'b'], 60, 1, slow())];
    world.send('c', '1');
    world.takeAll('c');
    world.exchange.withdraw(withdrawn.receive);
    world.clock.advance(5020);
    expect(timed.receiver.expirations).to.equal(1);
    expect(world.exchange.stats()).to.include(EMPTY);
    world.exchange.wake(timed.receive);
    expect(world.exchange.stats()).to.include(EMPTY);
  });

  it('get no more from the moment on in which they are slow', () => {
    const world = new World();
    for (let n = 0; n < 10; n++) world.send('a', `${n}`);
    const receiver = new Hearer();
    receiver.onDelivery = () => {
      receiver.slow = receiver.deliveries.length === 3;
    };
    const { receive } = world.receive('a', 60, Number.POSITIVE_INFINITY, receiver);
    expect([receiver.bodies.length, receive.waiting]).to.deep.equal([3, true]);
    receiver.onDelivery = () => undefined;
    receiver.slow = false;
    world.exchange.wake(receive);
    expect(receiver.bodies).to.have.length(10);
  });

  it('that want only what is there get that when they are quick again', () => {
    const world = new World();
    for (let n = 0; n < 5; n++) world.send(n % 2 === 0 ? 'a' : 'b', `${n}`);
    const receiver = new Hearer();
    receiver.onDelivery = () => {
      receiver.slow = true;
    };
    const { receive } = world.receive(['a', 'b'], 0, 10, receiver);
    for (let n = 1; n <= 5; n++) {
      expect([receiver.bodies.length, receiver.expirations]).to.deep.equal([n, n === 5 ? 1 : 0]);
      receiver.slow = false;
      world.exchange.wake(receive);
    }
    expect(world.exchange.stats()).to.include({ messages: 0, receivers: 0 });
  });

  it('that want only what is there wait for nothing', () => {
    const world = new World();
    world.send('paused', '1');
    world.ask({ command: 'pause', address: 'paused' });
    expect(world.receive(['none', 'paused'], 0, 1, slow()).receiver.expirations).to.equal(1);
    world.send('a', '1');
    const { receiver, receive } = world.receive('a', 0, 1, slow());
    world.takeAll('a');
    receiver.slow = false;
    world.exchange.wake(receive);
    expect([receiver.bodies, receiver.expirations]).to.deep.equal([[], 1]);
  });

  it('that want only what is there get all of it, though much is under way', () => {
    const journal = new FakeJournal();
    const world = new World({ journal });
    for (let n = 0; n < 10; n++) world.send('a', `${n}`.padEnd(100 * 1024));
    world.turn.end();
    const receiver = new Hearer();
    world.receive('a', 0, 20, receiver, 30);
    for (let n = 0; n < 10; n++) world.turn.end();
    expect([receiver.bodies.length, receiver.expirations]).to.deep.equal([10, 1]);
  });

  it('are those, too, to whom much is under way', () => {
    const journal = new FakeJournal();
    const world = new World({ journal });
    for (let n = 0; n < 10; n++) world.send('a', `${n}`.padEnd(100 * 1024));
    world.turn.end();
    journal.hold = true;
    const { receiver, receive } = world.lease('a', 10);
    expect(receive.underWay).to.be.within(2, 4);
    world.turn.end();
    while (journal.underWay > 0) {
      journal.answer();
      world.turn.end();
    }
    expect(receiver.bodies).to.have.length(10);
  });
});
