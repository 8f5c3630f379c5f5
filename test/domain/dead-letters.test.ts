import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { EMPTY, Hearer, World } from '../support/exchange.js';
import { FakeJournal } from '../support/journal.js';

describe('dead letters', () => {
  let journal: FakeJournal;
  let world: World;

  beforeEach(() => {
    journal = new FakeJournal();
    world = new World({ journal, limits: { deadLifetime: 100_000 } });
  });

  /** Has the first message of an address fail so many times. */
  const fail = (address: string, times = 1) => {
    for (let n = 0; n < times; n++) {
      const { receiver } = world.lease(address);
      world.turn.end();
      for (const delivery of receiver.deliveries) {
        world.exchange.keep(delivery, 30_000);
        world.exchange.giveBack(delivery, 0);
      }
      world.turn.end();
    }
  };

  const restart = () => {
    world = new World({ journal: journal.survivor(), clock: world.clock, names: 'second-' });
    world.exchange.restore();
    world.turn.end();
  };

  it('are what has used up its attempts, 5 where its sender did not say', () => {
    world.send('a', 'five');
    fail('a', 4);
    expect(world.exchange.stats()).to.include({ messages: 1, dead: 0 });
    fail('a');
    expect(world.exchange.stats()).to.include({ messages: 1, dead: 1, returned: 5 });
    const { receiver } = world.lease('dead:a');
    world.turn.end();
    expect(receiver.of('five')).to.include({ at: 'dead:a', attempt: 6 });
    expect(receiver.of('five').message.to).to.equal('a');
  });

  it('have no limit of attempts', () => {
    world.send('a', '1', 60, { attempts: 1 });
    fail('a');
    fail('dead:a', 20);
    expect(world.takeAll('dead:a')).to.deep.equal(['1']);
  });

  it('live as long as the broker was told, whatever timeout they had', () => {
    world.send('a', '1', 60, { attempts: 1 });
    fail('a');
    world.clock.advance(99_980);
    expect(world.exchange.stats().messages).to.equal(1);
    world.clock.advance(40);
    expect(world.exchange.stats()).to.include({ ...EMPTY, expired: 1 });
    world.turn.end();
    expect(journal.kept.size).to.equal(0);
  });

  it('are dropped where their sender wants that, or when they die again', () => {
    world.send('a', 'dropped', 60, { attempts: 1, dead: '' });
    world.send('b', 'again', 60, { attempts: 1 });
    fail('a');
    fail('b');
    const { receiver } = world.lease('dead:b');
    world.turn.end();
    world.exchange.keep(receiver.of('again'), 200_000);
    world.clock.advance(150_000);
    world.exchange.giveBack(receiver.of('again'), 0);
    world.turn.end();
    expect(world.exchange.stats()).to.include({ ...EMPTY, dead: 3 });
    expect(journal.kept.size).to.equal(0);
  });

  it('are kept across restarts, with what they had', () => {
    world.send('~m~1', '1', 60, { attempts: 2, dead: '~graves~1' }, 'r');
    fail('~m', 2);
    restart();
    const { receiver } = world.lease('~graves');
    world.turn.end();
    expect(receiver.of('1')).to.include({ at: '~graves~1', attempt: 3 });
    expect(receiver.of('1').message).to.include({ to: '~m~1', replyTo: 'r' });
  });

  describe('kick', () => {
    it('sends them back to the end of their queue, as new', () => {
      world.send('a', '1', 60, { attempts: 1 });
      fail('a');
      world.clock.advance(90_000);
      world.send('a', '2');
      expect(world.ask({ command: 'kick', address: 'dead:a', count: 5 })).to.deep.equal({ kicked: 1 });
      world.clock.advance(59_000);
      const { receiver } = world.lease('a', 2);
      world.turn.end();
      expect(receiver.deliveries.map(({ message: { body }, attempt }) => `${body} ${attempt}`)).to.deep.equal([
        '2 1',
        '1 1',
      ]);
    });

    it('takes as many as it was asked for, oldest first, and leaves other messages', () => {
      for (const body of ['1', '2', '3']) world.send('a', body, 60, { attempts: 1, dead: 'b' });
      fail('a', 3);
      expect(world.ask({ command: 'kick', address: 'b', count: 2 })).to.deep.equal({ kicked: 2 });
      expect([world.takeAll('a'), world.takeAll('b')]).to.deep.equal([['1', '2'], ['3']]);
      world.send('b', 'living');
      expect(world.ask({ command: 'kick', address: 'b', count: 9 })).to.deep.equal({ kicked: 0 });
      expect(world.takeAll('b')).to.deep.equal(['living']);
      expect(world.ask({ command: 'kick', address: 'nowhere', count: 9 })).to.deep.equal({ kicked: 0 });
    });

    it('lets their ids be forgotten: they are not known by them any more, even after a restart', () => {
      world.send('a', '1', 600, { attempts: 1, id: 'i' });
      fail('a');
      world.clock.advance(99_000);
      world.ask({ command: 'kick', address: 'dead:a', count: 1 });
      world.clock.advance(250_000);
      world.turn.end();
      expect([journal.ids.size, world.exchange.stats().ids]).to.deep.equal([0, 0]);
      restart();
      expect(world.exchange.stats().ids).to.equal(0);
      world.send('a', 'another', 600, { id: 'i' });
      world.turn.end();
      expect(world.teller.refusals).to.deep.equal([]);
      expect(world.takeAll('a')).to.deep.equal(['1', 'another']);
    });
  });

  describe('of messages that are to be delivered once', () => {
    const ask = (body = 'question') => world.send('a', body, 60, { once: true }, 'r');

    it('costs no more where many await their answers at one address', () => {
      const many = 60_000;
      const world = new World();
      for (let i = 0; i < many; i++) world.send('a', `${i}`, 60, { once: true }, 'back');
      const { receiver } = world.lease('a', many);
      // All but one: that would take a minute if each looked through the others.
      for (const delivery of receiver.deliveries.slice(1)) world.exchange.settle(delivery);
      world.send('back', 'answer');
      world.exchange.giveBack(receiver.of('0'), 0);
      expect(world.exchange.stats()).to.include({ settled: many - 1, dead: 1 });
    });

    it('are those that somebody has answered, when they would come back', () => {
      ask();
      const { receiver } = world.lease('a');
      world.turn.end();
      world.exchange.keep(receiver.of('question'), 30_000);
      world.send('r', 'answer');
      world.clock.advance(30_020);
      expect([world.takeAll('a'), world.takeAll('dead:a')]).to.deep.equal([[], ['question']]);
    });

    it('are also those that were back already', () => {
      ask();
      fail('a');
      expect(world.exchange.stats().dead).to.equal(0);
      world.send('r', 'late answer');
      expect([world.takeAll('a'), world.takeAll('dead:a')]).to.deep.equal([[], ['question']]);
    });

    it('are also those that wait to come back', () => {
      ask();
      const { receiver } = world.lease('a');
      world.turn.end();
      world.exchange.keep(receiver.of('question'), 30_000);
      world.exchange.giveBack(receiver.of('question'), 10_000);
      world.send('r', 'late answer');
      expect(world.exchange.stats()).to.include({ delayed: 0, dead: 1 });
    });

    it('are not those that have never been out, nor those that are dead or finished', () => {
      ask();
      world.send('r', 'too early');
      expect(world.takeAll('a')).to.deep.equal(['question']);
      world.send('r', 'too late');
      expect(world.exchange.stats().dead).to.equal(0);
    });

    it('are what somebody gives back whom they were given without a lease in between', () => {
      ask();
      fail('a');
      const { receiver } = world.receive('a');
      world.send('r', 'answer');
      world.exchange.giveBack(receiver.of('question'), 0);
      expect(world.exchange.stats()).to.include({ dead: 1, deliveries: 0 });
      expect([world.takeAll('a'), world.takeAll('dead:a')]).to.deep.equal([[], ['question']]);
    });

    it('do not let one receiver have two messages where it asked for one', () => {
      ask();
      fail('a');
      const first = world.receive('a');
      world.send('r', 'answer');
      world.send('a', 'next');
      const both = world.receive(['a', 'dead:a'], 60, 1, new Hearer());
      expect(both.receiver.bodies).to.deep.equal(['next']);
      world.exchange.giveBack(first.receiver.of('question'), 0);
      expect(both.receiver.bodies).to.deep.equal(['next']);
      expect(world.takeAll('dead:a')).to.deep.equal(['question']);
    });

    it('are answered on disk with the answer itself', () => {
      ask();
      const { receiver } = world.lease('a');
      world.turn.end();
      world.exchange.keep(receiver.of('question'), 30_000);
      world.send('r', 'answer');
      world.turn.end();
      restart();
      world.clock.advance(40_000);
      expect([world.takeAll('a'), world.takeAll('dead:a')]).to.deep.equal([[], ['question']]);
    });

    it('hold back the receipt of an answer until that is on disk, full or not', () => {
      ask();
      const { receiver } = world.lease('a');
      world.turn.end();
      world.exchange.keep(receiver.of('question'), 30_000);
      world.turn.end();
      journal.outcome = 'full';
      const answers = world.receive('r').receiver;
      world.send('r', 'answer');
      world.exchange.settle(answers.of('answer'));
      world.turn.end();
      expect(world.teller.accepts).to.deep.equal(['question']);
      journal.outcome = 'ok';
      world.clock.advance(1000);
      world.turn.end();
      expect(world.teller.accepts).to.deep.equal(['question', 'answer']);
    });
  });
});
