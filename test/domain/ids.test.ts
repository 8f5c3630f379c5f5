import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { REMEMBERED } from '../../src/domain/known-ids.js';
import { EMPTY, message, World } from '../support/exchange.js';
import { FakeJournal } from '../support/journal.js';

describe('ids', () => {
  let journal: FakeJournal;
  let world: World;

  beforeEach(() => {
    journal = new FakeJournal();
    world = new World({ journal });
  });

  const send = (tag: string, { body = 'x', id = 'i', to = 'a', replyTo = 'r', ...more } = {}, receipt = 'taken') => {
    const options = { id, receipt: receipt as 'taken' | 'done', ...more };
    world.exchange.send(message(to, body, 60, replyTo, options), world.teller, tag);
  };
  const refused = () => world.teller.refusals.map(({ tag, refusal }) => `${tag} ${refusal.code}`);
  const restart = (limits = {}) => {
    world = new World({ journal: journal.survivor(), clock: world.clock, names: 'second-', limits });
    world.exchange.restore();
    world.turn.end();
  };

  it('are the sender’s own for one address: another address is another message', () => {
    send('1');
    send('2', { to: 'b' });
    send('3', { id: 'j' });
    world.turn.end();
    expect([world.teller.accepts, world.teller.duplicates]).to.deep.equal([['1', '2', '3'], []]);
    expect(world.exchange.stats()).to.include({ messages: 3, ids: 3, duplicates: 0 });
  });

  it('give the same receipt again, no sooner than the first', () => {
    journal.hold = true;
    send('1');
    world.turn.end();
    send('2');
    expect(world.teller.accepts).to.deep.equal([]);
    journal.answer();
    expect([world.teller.accepts, world.teller.duplicates]).to.deep.equal([['1', '2'], ['2']]);
    send('3');
    expect(world.teller.duplicates).to.deep.equal(['2', '3']);
    expect(world.exchange.stats()).to.include({ messages: 1, ids: 1, sent: 1, duplicates: 2 });
  });

  it('refuse another body or reply address', () => {
    send('1');
    send('2', { body: 'y' });
    send('3', { replyTo: 's' });
    expect(refused()).to.deep.equal(['2 id-conflict', '3 id-conflict']);
    expect(world.exchange.stats()).to.include({ messages: 1, refused: 2 });
  });

  it('are remembered for 5 minutes after the message is finished', () => {
    send('1');
    world.turn.end();
    world.takeAll('a');
    world.clock.advance(REMEMBERED - 10);
    send('2');
    expect(world.teller.duplicates).to.deep.equal(['2']);
    world.clock.advance(10);
    world.turn.end();
    expect([world.exchange.stats().ids, journal.ids.size]).to.deep.equal([0, 0]);
    send('3');
    world.turn.end();
    expect(world.teller.duplicates).to.deep.equal(['2']);
    expect(world.takeAll('a')).to.deep.equal(['x']);
  });

  it('are forgotten by themselves, even if nothing ever waited and nobody asks', () => {
    const { receiver } = world.receive('a', Number.POSITIVE_INFINITY);
    send('1');
    world.exchange.settle(receiver.of('x'));
    world.turn.end();
    world.clock.advance(REMEMBERED);
    expect(world.exchange.stats()).to.include({ ...EMPTY, ids: 0 });
  });

  it('stay known while the message waits or is out, however long', () => {
    world.exchange.send(message('a', 'x', 10_000, 'r', { id: 'i' }), world.teller, '1');
    world.clock.advance(2 * REMEMBERED);
    const { receiver } = world.receive('a');
    world.clock.advance(2 * REMEMBERED);
    send('2');
    world.turn.end();
    expect(world.teller.duplicates).to.deep.equal(['2']);
    world.exchange.settle(receiver.of('x'));
  });

  it('of refused messages are not remembered, and those who sent them again are refused with them', () => {
    journal.hold = true;
    send('1');
    world.turn.end();
    send('2');
    send('3', {}, 'done');
    journal.answer('full');
    expect(refused()).to.have.members(['1 full', '2 full', '3 full']);
    expect(world.exchange.stats()).to.include({ ...EMPTY, ids: 0 });
  });

  it('past the limit are refused, while messages without one are taken', () => {
    world = new World({ journal, limits: { ids: 2 } });
    for (const id of ['i', 'j', 'k']) send(id, { id });
    world.send('a', 'without');
    send('again', { id: 'j' });
    world.turn.end();
    expect(refused()).to.deep.equal(['k full']);
    expect(world.teller.accepts).to.have.members(['i', 'j', 'without', 'again']);
  });

  describe('and a receipt for the end', () => {
    it('tell all who asked, also those that came later', () => {
      send('1', {}, 'done');
      world.turn.end();
      send('2', {}, 'done');
      send('3');
      expect(world.teller.accepts).to.deep.equal(['3']);
      world.takeAll('a');
      world.turn.end();
      send('4', {}, 'done');
      world.turn.end();
      expect([world.teller.accepts, world.teller.duplicates]).to.deep.equal([
        ['3', '1', '2', '4'],
        ['3', '2', '4'],
      ]);
    });

    it('tell what became of the message for as long as the id is known', () => {
      world.exchange.send(message('a', 'x', 5, 'r', { id: 'i' }), world.teller, '1');
      world.clock.advance(5020);
      world.turn.end();
      send('2', {}, 'done');
      send('3');
      world.turn.end();
      expect(refused()).to.deep.equal(['2 expired']);
      expect(world.teller.duplicates).to.deep.equal(['3']);
    });
  });

  describe('across a restart', () => {
    it('are known of what waits, is out, is delayed and is finished', () => {
      send('1', { id: 'waits' });
      send('2', { id: 'out', to: 'b' });
      send('3', { id: 'delayed', to: 'c', ...{ delay: 30_000 } });
      send('4', { id: 'finished', to: 'd' });
      world.lease('b');
      world.takeAll('d');
      world.turn.end();
      restart();
      expect(world.exchange.stats().ids).to.equal(4);
      send('1', { id: 'waits' });
      send('2', { id: 'out', to: 'b' });
      send('3', { id: 'delayed', to: 'c' });
      send('4', { id: 'finished', to: 'd' });
      send('5', { id: 'waits', body: 'another' });
      world.turn.end();
      expect(world.teller.duplicates).to.deep.equal(['1', '2', '3', '4']);
      expect(refused()).to.deep.equal(['5 id-conflict']);
      world.clock.advance(30_020);
      world.turn.end();
      expect([world.takeAll('a'), world.takeAll('c'), world.takeAll('d')]).to.deep.equal([['x'], ['x'], []]);
    });

    it('tell the end of what they knew before', () => {
      send('1');
      world.turn.end();
      restart();
      send('2', {}, 'done');
      world.turn.end();
      expect(world.takeAll('a')).to.deep.equal(['x']);
      world.turn.end();
      expect(world.teller.duplicates).to.deep.equal(['2']);
    });

    it('are forgotten when they would have been', () => {
      send('1');
      world.takeAll('a');
      world.turn.end();
      world.clock.advance(REMEMBERED - 1000);
      restart();
      expect(world.exchange.stats().ids).to.equal(1);
      world.clock.advance(1020);
      world.turn.end();
      expect(world.exchange.stats().ids).to.equal(0);
    });

    it('count on where they were, so that none is forgotten with older ones', () => {
      for (const id of ['i', 'j']) send(id, { id });
      world.takeAll('a');
      world.turn.end();
      restart();
      send('k', { id: 'k' });
      world.turn.end();
      expect(world.takeAll('a')).to.deep.equal(['x']);
      world.clock.advance(1000);
      world.turn.end();
      expect(world.exchange.stats().ids).to.equal(3);
    });

    it('have been written with the receipt that promised them', () => {
      journal.outcome = 'full';
      world.send('b', 'refused');
      const { receiver } = world.receive('a');
      send('1');
      journal.hold = true;
      world.turn.end();
      journal.answer('full');
      world.turn.end();
      world.exchange.settle(receiver.of('x'));
      journal.answer('ok');
      const { accepts } = world.teller;
      if (accepts.includes('1')) expect(journal.ids.size).to.equal(1);
      journal.hold = false;
      world.turn.end();
      world.clock.advance(1000);
      world.turn.end();
      expect(accepts).to.deep.equal(['1']);
      expect(journal.ids.size).to.equal(1);
    });
  });
});
