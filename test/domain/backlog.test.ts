import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { EMPTY, Hearer, World } from '../support/exchange.js';
import { FakeJournal } from '../support/journal.js';

describe('messages left to the journal', () => {
  let journal: FakeJournal;
  let world: World;

  beforeEach(() => {
    journal = new FakeJournal();
    world = new World({ journal, limits: { memory: 0 } });
  });

  const send = (count: number, first = 1, address = 'a') => {
    for (let n = first; n < first + count; n++) world.send(address, `${n}`, 600);
    world.turn.end();
  };
  const numbers = (count: number, first = 1) => Array.from({ length: count }, (_, n) => `${first + n}`);
  const restart = () => {
    world = new World({ journal: journal.survivor(), clock: world.clock, names: 'second-', limits: { memory: 0 } });
    world.exchange.restore();
    world.turn.end();
  };
  const { POSITIVE_INFINITY: all } = Number;
  /** All that is under way comes to its end. */
  const rest = () => {
    while (journal.underWay > 0 || !world.turn.empty) {
      world.turn.end();
      if (journal.underWay > 0) journal.answer();
    }
  };

  it('cost no memory, and are counted', () => {
    send(1000);
    expect(world.exchange.stats()).to.include({ messages: 1000, onDisk: 1000, bytes: 0, queues: 1 });
    expect(world.ask({ command: 'queues', prefix: '', after: '' })).to.have.nested.property('queues[0].messages', 1000);
  });

  it('are those past the limit, and then all behind them in their queue', () => {
    world = new World({ journal, limits: { memory: 700 } });
    send(4);
    expect(world.exchange.stats()).to.include({ messages: 4, onDisk: 2, bytes: 602 });
    const { receiver } = world.receive('a', 0, 2);
    for (const delivery of receiver.deliveries) world.exchange.settle(delivery);
    send(1, 5);
    send(1, 6, 'b');
    expect(world.exchange.stats()).to.include({ messages: 4, onDisk: 3 });
    expect([world.takeAll('a'), world.takeAll('b')]).to.deep.equal([['3', '4', '5'], ['6']]);
  });

  it('stay in memory where nobody waits on them and there is room again when their commit is done', () => {
    world = new World({ journal, limits: { memory: 700 } });
    for (const body of ['1', '2', '3']) world.send('a', body);
    expect(world.takeAll('a')).to.deep.equal(['1', '2', '3']);
    world.send('a', '4');
    world.turn.end();
    expect(world.exchange.stats()).to.include({ messages: 1, onDisk: 0 });
  });

  it('come back in order, between those that come and those that came back', () => {
    send(1000);
    const { receiver } = world.receive('a', 0, 3);
    send(2, 1001);
    for (const body of ['3', '1']) world.exchange.giveBack(receiver.of(body), 0);
    world.exchange.settle(receiver.of('2'));
    expect(world.takeAll('a')).to.deep.equal(['1', '3', ...numbers(999, 4)]);
    world.turn.end();
    expect(world.exchange.stats()).to.include(EMPTY);
    expect(journal.kept.size).to.equal(0);
  });

  it('are read for who waits, who is served in turn', () => {
    journal.hold = true;
    send(2);
    journal.answer();
    const [first, second] = [world.lease('a'), world.receive('a', 0)];
    expect([first.receiver.bodies, second.receiver.bodies, second.receiver.expirations]).to.deep.equal([[], [], 0]);
    rest();
    expect([first.receiver.bodies, second.receiver.bodies, second.receiver.expirations]).to.deep.equal([
      ['1'],
      ['2'],
      0,
    ]);
  });

  it('are all there for one who wants only what is there, however many reads that takes', () => {
    send(1000);
    journal.hold = true;
    const { receiver } = world.receive('a', 0, all);
    rest();
    expect(receiver.bodies).to.deep.equal(numbers(1000));
    expect(receiver.expirations).to.equal(1);
  });

  it('are waited for on every address of one who wants only what is there', () => {
    send(1, 1, 'a');
    send(1, 2, 'b');
    journal.hold = true;
    const early = world.receive('b', 0);
    const { receiver } = world.receive(['a', 'b'], 0, 2);
    rest();
    expect(early.receiver.bodies).to.deep.equal(['2']);
    expect([receiver.bodies, receiver.expirations]).to.deep.equal([['1'], 1]);
  });

  it('expire, known to nobody, within little more than a second', () => {
    world.send('a', 'short', 5, { receipt: 'done', id: 'i' });
    world.send('a', 'long', 60);
    world.turn.end();
    world.clock.advance(6100);
    world.turn.end();
    expect(world.exchange.stats()).to.include({ messages: 1, expired: 1 });
    expect(world.teller.refusals.map(({ tag, refusal }) => `${tag} ${refusal.code}`)).to.deep.equal(['short expired']);
    expect(world.takeAll('a')).to.deep.equal(['long']);
  });

  it('expire once, whether memory or the journal sees it first', () => {
    world.send('a', 'old', 600);
    world.turn.end();
    journal.hold = true;
    world.send('a', 'leaving', 1);
    world.turn.end();
    world.clock.advance(2000);
    rest();
    expect(world.exchange.stats()).to.include({ messages: 1, onDisk: 1, expired: 1 });
    journal.hold = false;
    expect(world.takeAll('a')).to.deep.equal(['old']);
    world.turn.end();
    expect(world.exchange.stats()).to.include(EMPTY);
  });

  it('make way for those behind them when they expire', () => {
    world.send('a', 'cold', 1);
    world.turn.end();
    journal.hold = true;
    world.send('a', 'behind', 600);
    const { receiver } = world.receive('a');
    world.clock.advance(2000);
    rest();
    expect(receiver.bodies).to.deep.equal(['behind']);
  });

  it('can be seen, dropped and recalled', () => {
    send(3);
    world.send('a', 'mine', 600, { id: 'i' });
    world.turn.end();
    const bodies = () => {
      const { messages } = world.ask({ command: 'peek', address: 'a', count: 9 }) as { messages: { body: string }[] };
      return messages.map(({ body }) => body);
    };
    expect(world.ask({ command: 'recall', address: 'a', id: 'i' })).to.deep.equal({ recalled: true });
    expect(bodies()).to.deep.equal(['1', '2', '3']);
    expect(world.ask({ command: 'purge', address: 'a' })).to.deep.equal({ purged: 3 });
    expect([world.exchange.stats().messages, journal.kept.size]).to.deep.equal([0, 0]);
  });

  it('are seen and dropped also while newer ones are still on their way to the disk', () => {
    send(2);
    journal.hold = true;
    world.send('a', '3');
    const ask = (command: 'peek' | 'purge') => {
      world.exchange.control({ command, address: 'a', count: 1 }, world.listener, command);
      rest();
      return world.listener.answers.get(command);
    };
    expect(ask('peek')).to.have.nested.property('messages[0].body', '1');
    world.send('a', '4');
    expect(ask('purge')).to.deep.equal({ purged: 4 });
  });

  it('are recalled also when they come back while the journal looks for them', () => {
    world.send('a', '1', 600, { id: 'i' });
    world.turn.end();
    journal.hold = true;
    world.exchange.control({ command: 'peek', address: 'a', count: 1 }, world.listener, 'peek');
    world.exchange.control({ command: 'recall', address: 'a', id: 'i' }, world.listener, 'recall');
    rest();
    expect(world.listener.answers.get('recall')).to.deep.equal({ recalled: true });
    expect(world.exchange.stats()).to.include({ messages: 0 });
  });

  it('keep their ids and receipts', () => {
    world.send('a', 'x', 600, { id: 'i', receipt: 'done' });
    world.turn.end();
    expect(world.exchange.stats().onDisk).to.equal(1);
    world.send('a', 'x', 600, { id: 'i', receipt: 'done' });
    world.send('a', 'y', 600, { id: 'i' });
    expect(world.teller.refusals.map(({ refusal }) => refusal.code)).to.deep.equal(['id-conflict']);
    expect(world.takeAll('a')).to.deep.equal(['x']);
    world.turn.end();
    expect([world.teller.accepts, world.teller.duplicates]).to.deep.equal([['x', 'x'], ['x']]);
  });

  it('are what a restarted broker has, in order, read when somebody asks', () => {
    send(600);
    restart();
    expect(world.exchange.stats()).to.include({ messages: 600, onDisk: 600, bytes: 0 });
    send(1, 601);
    expect(world.takeAll('a')).to.deep.equal(numbers(601));
  });

  describe('while the disk is full', () => {
    it('stay in order, though those before them can’t be written', () => {
      world.send('a', 'placed', 600, { delay: 10 });
      world.turn.end();
      journal.hold = true;
      world.send('c', 'refused');
      world.turn.end();
      world.send('a', 'new');
      world.clock.advance(20);
      journal.answer('full');
      journal.outcome = 'ok';
      rest();
      world.clock.advance(1000);
      rest();
      expect(world.teller.accepts).to.deep.equal(['placed', 'new']);
      expect(world.exchange.stats()).to.include({ messages: 2, onDisk: 2 });
      journal.hold = false;
      expect(world.takeAll('a')).to.deep.equal(['new', 'placed']);
      expect(world.failures).to.deep.equal([]);
    });

    it('are dead letters as well as others', () => {
      world.send('a', '1', 600, { attempts: 1 });
      const { receiver } = world.lease('a');
      world.turn.end();
      journal.hold = true;
      world.exchange.keep(receiver.of('1'), 90_000);
      world.send('b', 'refused');
      world.turn.end();
      world.exchange.giveBack(receiver.of('1'), 0);
      journal.answer('full');
      journal.hold = false;
      journal.outcome = 'ok';
      world.clock.advance(1000);
      world.turn.end();
      expect(world.exchange.stats()).to.include({ messages: 1, onDisk: 1, dead: 1 });
      expect(journal.deliveries.size).to.equal(0);
      expect(world.takeAll('dead:a')).to.deep.equal(['1']);
      expect(world.failures).to.deep.equal([]);
    });
  });

  describe('when delayed', () => {
    const delayed = (body: string, delay: number, options = {}) => {
      world.send('a', body, 600, { delay, ...options });
    };

    it('cost no memory, and take their places when the delay ends', () => {
      delayed('30', 30_000);
      delayed('20', 20_000, { id: 'i' });
      delayed('short', 5000);
      world.turn.end();
      expect(world.exchange.stats()).to.include({ messages: 0, delayed: 3, onDisk: 0, bytes: 305 });
      world.clock.advance(20_020);
      world.turn.end();
      world.send('a', 'now');
      world.turn.end();
      expect(world.exchange.stats()).to.include({ messages: 3, delayed: 1 });
      world.clock.advance(10_000);
      world.turn.end();
      expect(world.takeAll('a')).to.deep.equal(['short', '20', 'now', '30']);
    });

    it('take their places after a restart, those that have expired excepted', () => {
      delayed('20', 20_000);
      world.send('a', 'gone', 50, { delay: 40_000 });
      world.turn.end();
      restart();
      const { receiver } = world.receive('a', all, all);
      world.clock.advance(20_040);
      world.turn.end();
      expect(receiver.bodies).to.deep.equal(['20']);
      world = new World({ journal: journal.survivor(), clock: world.clock, names: 'third-' });
      world.clock.advance(40_000);
      world.exchange.restore();
      const late = world.receive('a', 60, all, new Hearer());
      world.clock.advance(40);
      world.turn.end();
      expect(late.receiver.bodies).to.deep.equal(['20']);
      expect(world.exchange.stats()).to.include({ delayed: 0, expired: 1 });
    });

    it('leave no alarm behind when they are recalled', () => {
      delayed('20', 20_000, { id: 'i' });
      world.turn.end();
      expect(world.ask({ command: 'recall', address: 'a', id: 'i' })).to.deep.equal({ recalled: true });
      expect(world.exchange.stats()).to.include({ ...EMPTY, ids: 1 });
      world.clock.advance(400_000);
      world.turn.end();
      expect(world.clock.next).to.equal(all);
    });
  });
});
