import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { MOST_PAUSED } from '../../src/domain/limits.js';
import { EMPTY, World } from '../support/exchange.js';
import { FakeJournal } from '../support/journal.js';

describe('control', () => {
  let journal: FakeJournal;
  let world: World;

  beforeEach(() => {
    journal = new FakeJournal();
    world = new World({ journal });
  });

  const pause = (address: string) => world.ask({ command: 'pause', address });
  const resume = (address: string) => world.ask({ command: 'resume', address });

  describe('pause and resume', () => {
    it('keep messages and receivers apart, each in their order', () => {
      expect(pause('a')).to.deep.equal({ paused: true });
      const [first, second] = [world.receive('a'), world.receive('a')];
      for (const body of ['1', '2', '3']) world.send('a', body);
      expect([first.receiver.bodies, second.receiver.bodies]).to.deep.equal([[], []]);
      expect(world.receive('a', 0).receiver.expirations).to.equal(1);
      expect(resume('a')).to.deep.equal({ paused: false });
      expect([first.receiver.bodies, second.receiver.bodies]).to.deep.equal([['1'], ['2']]);
      expect(world.takeAll('a')).to.deep.equal(['3']);
    });

    it('let time pass for both', () => {
      pause('a');
      const { receiver } = world.receive('a', 5);
      world.send('a', '1', 5);
      world.clock.advance(5020);
      expect(receiver.expirations).to.equal(1);
      expect(world.exchange.stats()).to.include({ messages: 0, receivers: 0, expired: 1, queues: 1 });
      resume('a');
      expect(world.exchange.stats()).to.include(EMPTY);
    });

    it('let a receiver have its messages from other addresses', () => {
      pause('a');
      world.send('a', 'paused');
      world.send('b', 'not paused');
      expect(world.receive(['a', 'b']).receiver.bodies).to.deep.equal(['not paused']);
    });

    it('let leases go on', () => {
      world.send('a', '1');
      const { receiver } = world.lease('a');
      world.turn.end();
      world.exchange.keep(receiver.of('1'), 30_000);
      pause('a');
      world.clock.advance(30_020);
      expect(receiver.lapses).to.have.length(1);
      expect(world.takeAll('a')).to.deep.equal([]);
      resume('a');
      expect(world.takeAll('a')).to.deep.equal(['1']);
    });

    it('answer when it is on disk, and last beyond a restart', () => {
      journal.hold = true;
      world.exchange.control({ command: 'pause', address: 'a' }, world.listener, 'pause');
      world.turn.end();
      expect(world.listener.answers.has('pause')).to.equal(false);
      journal.answer();
      expect(world.listener.answers.get('pause')).to.deep.equal({ paused: true });
      const second = new World({ journal: journal.survivor(), names: 'second-' });
      second.exchange.restore();
      second.send('a', '1');
      expect(second.takeAll('a')).to.deep.equal([]);
      second.ask({ command: 'resume', address: 'a' });
      expect(second.takeAll('a')).to.deep.equal(['1']);
    });

    it('are limited in number', () => {
      for (let n = 0; n < MOST_PAUSED; n++) {
        world.exchange.control({ command: 'pause', address: `a${n}` }, world.listener, '');
      }
      world.exchange.control({ command: 'pause', address: 'one more' }, world.listener, 'more');
      expect(world.listener.refusals.map(({ tag, refusal }) => `${tag} ${refusal.code}`)).to.deep.equal(['more full']);
      expect(pause('a0')).to.deep.equal({ paused: true });
      resume('a0');
      expect(pause('one more')).to.deep.equal({ paused: true });
    });
  });

  describe('recall', () => {
    const recall = (address: string, id: string) => world.ask({ command: 'recall', address, id });

    it('takes back what is queued or delayed, by its full address', () => {
      world.send('~m~1', '1', 60, { id: 'i' });
      world.send('~m~2', '2', 60, { id: 'i', delay: 5000, receipt: 'done' });
      expect(recall('~m', 'i')).to.deep.equal({ recalled: false });
      expect(recall('~m~1', 'i')).to.deep.equal({ recalled: true });
      expect(recall('~m~2', 'i')).to.deep.equal({ recalled: true });
      expect(recall('~m~2', 'i')).to.deep.equal({ recalled: false });
      expect(world.teller.refusals.map(({ tag, refusal }) => `${tag} ${refusal.code}`)).to.deep.equal(['2 dead']);
      expect(world.exchange.stats()).to.include(EMPTY);
      expect(journal.kept.size).to.equal(0);
    });

    it('leaves what is out, finished, or dead', () => {
      for (const body of ['out', 'done', 'dead']) world.send(body, body, 60, { id: 'i', attempts: 1 });
      for (const address of ['out', 'dead']) {
        const { receiver } = world.lease(address);
        world.turn.end();
        world.exchange.keep(receiver.of(address), 30_000);
        if (address === 'dead') world.exchange.giveBack(receiver.of(address), 0);
      }
      world.takeAll('done');
      for (const address of ['out', 'done', 'dead', 'nowhere']) {
        expect(recall(address, 'i'), address).to.deep.equal({ recalled: false });
      }
      expect(world.takeAll('dead:dead')).to.deep.equal(['dead']);
    });
  });

  describe('purge', () => {
    it('drops all that waits, and nothing that is out or delayed', () => {
      for (const body of ['out', '1', '2']) world.send('a', body);
      world.send('a', 'later', 60, { delay: 5000 });
      const { receiver } = world.receive('a');
      expect(world.ask({ command: 'purge', address: 'a' })).to.deep.equal({ purged: 2 });
      expect(world.exchange.stats()).to.include({ messages: 0, deliveries: 1, delayed: 1 });
      world.exchange.giveBack(receiver.of('out'), 0);
      world.clock.advance(5020);
      expect(world.takeAll('a')).to.deep.equal(['out', 'later']);
    });

    it('drops any number, some in each turn, and no more than there were', () => {
      for (let n = 0; n < 1000; n++) world.send('a', `${n}`);
      world.turn.end();
      world.exchange.control({ command: 'purge', address: 'a' }, world.listener, 'purge');
      world.send('a', 'later');
      expect(world.listener.answers.has('purge')).to.equal(false);
      world.turn.end();
      expect(world.listener.answers.get('purge')).to.deep.equal({ purged: 1000 });
      expect(world.takeAll('a')).to.deep.equal(['later']);
    });

    it('tells those who wait for the end', () => {
      world.send('a', '1', 60, { receipt: 'done' });
      world.ask({ command: 'purge', address: 'a' });
      expect(world.teller.refusals.map(({ refusal }) => refusal.code)).to.deep.equal(['dead']);
    });
  });

  describe('peek', () => {
    const peek = (count: number) =>
      (world.ask({ command: 'peek', address: 'a', count }) as { messages: object[] }).messages;

    it('shows messages from the head on, and leaves them', () => {
      world.send('a', '1', 60, { id: 'i' }, 'r');
      world.send('a', '2');
      world.send('a', 'delayed', 60, { delay: 5000 });
      const { receiver } = world.receive('a');
      world.send('a', '3');
      world.exchange.giveBack(receiver.of('1'), 0);
      expect(peek(2)).to.deep.equal([
        { at: 'a', to: 'a', replyTo: 'r', timeout: 60, attempts: 0, id: 'i', bytes: 1, body: '1' },
        { at: 'a', to: 'a', replyTo: undefined, timeout: 60, attempts: 0, id: undefined, bytes: 1, body: '2' },
      ]);
      expect(peek(1000)).to.have.length(3);
      expect(world.takeAll('a')).to.deep.equal(['1', '2', '3']);
      expect(peek(1)).to.deep.equal([]);
    });
  });

  describe('queues', () => {
    const rows = (prefix = '', after = '') =>
      world.ask({ command: 'queues', prefix, after }) as { queues: object[]; more: boolean };

    it('are listed by name, with what is in them, but for reply addresses and labels', () => {
      world.send('b', '1');
      world.send('~m~1', '2');
      world.send('reply:xyz', '3');
      world.receive('a');
      world.send('c', '4');
      world.lease('c');
      pause('d');
      expect(rows()).to.deep.equal({
        queues: [
          { name: 'a', messages: 0, receivers: 1, deliveries: 0, paused: false },
          { name: 'b', messages: 1, receivers: 0, deliveries: 0, paused: false },
          { name: 'c', messages: 0, receivers: 0, deliveries: 1, paused: false },
          { name: 'd', messages: 0, receivers: 0, deliveries: 0, paused: true },
          { name: '~m', messages: 1, receivers: 0, deliveries: 0, paused: false },
        ],
        more: false,
      });
    });

    it('can be asked for page by page', () => {
      for (let n = 0; n < 2500; n++) world.send(`q${String(n).padStart(4, '0')}`, '');
      world.send('other', '');
      const first = rows('q');
      expect([first.queues.length, first.more]).to.deep.equal([1000, true]);
      const last = rows('q', 'q1999');
      expect([last.queues.length, last.more]).to.deep.equal([500, false]);
    });
  });

  it('says what there is', () => {
    world.send('a', '1');
    expect(world.ask({ command: 'stats' })).to.deep.equal(world.exchange.stats());
  });
});
