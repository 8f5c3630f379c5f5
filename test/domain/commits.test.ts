import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { MOST_GATHERED, RETRY_PAUSE } from '../../src/domain/commits.js';
import { EMPTY, World } from '../support/exchange.js';
import { FakeJournal } from '../support/journal.js';

const DISK_FULL = { code: 'full', text: 'the disk that holds the journal is full' };

describe('Commits', () => {
  let journal: FakeJournal;
  let world: World;

  beforeEach(() => {
    journal = new FakeJournal();
    world = new World({ journal });
  });

  const changes = () => journal.batches.map(({ added, removed }) => ({ added, removed }));
  const refused = () => world.teller.refusals.map(({ tag }) => tag);

  it('writes what comes in one turn at once, and accepts it then', () => {
    for (const body of ['1', '2', '3']) world.send('a', body);
    expect(journal.batches).to.deep.equal([]);
    expect(world.teller.accepts).to.deep.equal([]);
    world.turn.end();
    expect(changes()).to.deep.equal([{ added: [1, 2, 3], removed: [] }]);
    expect(world.teller.accepts).to.deep.equal(['1', '2', '3']);
  });

  it('notes both clocks', () => {
    world.send('a', '1');
    world.turn.end();
    expect(journal.batches[0]?.moment).to.deep.equal({ running: world.clock.now(), wall: world.clock.wall() });
  });

  it('writes nothing of what came and went within a turn', () => {
    world.send('a', 'stays');
    world.send('b', 'goes');
    world.takeAll('b');
    world.turn.end();
    expect(changes()).to.deep.equal([{ added: [1], removed: [] }]);
    world.send('b', 'goes too');
    world.takeAll('b');
    world.turn.end();
    expect(journal.batches).to.have.length(1);
    expect(world.teller.accepts).to.deep.equal(['stays', 'goes', 'goes too']);
  });

  it('writes what is out when the turn ends, and its end later', () => {
    const { receiver } = world.receive('a');
    world.send('a', '1');
    world.turn.end();
    world.exchange.settle(receiver.of('1'));
    world.turn.end();
    expect(changes()).to.deep.equal([
      { added: [1], removed: [] },
      { added: [], removed: [1] },
    ]);
    expect(journal.kept.size).to.equal(0);
  });

  it('writes that a message expired', () => {
    world.send('a', '1', 1);
    world.turn.end();
    world.clock.advance(1020);
    world.turn.end();
    expect(changes()[1]).to.deep.equal({ added: [], removed: [1] });
  });

  it('writes nothing when a message is given back', () => {
    world.send('a', '1');
    world.turn.end();
    const { receiver } = world.receive('a');
    world.exchange.giveBack(receiver.of('1'), 0);
    world.turn.end();
    expect(journal.batches).to.have.length(1);
    expect(world.takeAll('a')).to.deep.equal(['1']);
  });

  it('has one commit under way; what comes meanwhile makes up the next', () => {
    journal.hold = true;
    world.send('a', '1');
    world.turn.end();
    world.send('a', '2');
    world.turn.end();
    world.send('a', '3');
    expect(world.takeAll('a')).to.deep.equal(['1', '2', '3']);
    world.send('a', '4');
    world.turn.end();
    expect(journal.underWay).to.equal(1);
    expect(world.teller.accepts).to.deep.equal([]);
    journal.answer();
    expect(world.teller.accepts).to.deep.equal(['1']);
    world.turn.end();
    expect(changes()).to.deep.equal([
      { added: [1], removed: [] },
      { added: [4], removed: [1] },
    ]);
    journal.answer();
    expect(world.teller.accepts).to.deep.equal(['1', '2', '3', '4']);
  });

  describe('when more comes than can be written', () => {
    const body = 'x'.repeat(1024 * 1024);
    let heard: number;
    const isBehind = () => world.exchange.isBehind(() => heard++);

    beforeEach(() => {
      heard = 0;
      journal.hold = true;
    });

    function sendMuch(): void {
      for (let sent = 0; sent <= MOST_GATHERED; sent += body.length) world.send('a', body);
    }

    it('says so while a commit is under way, and when that has ended', () => {
      sendMuch();
      expect(isBehind()).to.equal(false);
      world.turn.end();
      expect(isBehind()).to.equal(false);
      sendMuch();
      expect([isBehind(), isBehind()]).to.deep.equal([true, true]);
      world.turn.end();
      expect(heard).to.equal(0);
      journal.answer();
      expect(heard).to.equal(2);
      expect(isBehind()).to.equal(false);
      world.turn.end();
      expect(isBehind()).to.equal(false);
      journal.answer();
      expect(heard).to.equal(2);
    });

    for (const outcome of ['full', 'failed'] as const) {
      it(`lets go on after a commit that was ${outcome}, too`, () => {
        world.send('a', '1');
        world.turn.end();
        sendMuch();
        expect(isBehind()).to.equal(true);
        journal.answer(outcome);
        expect(heard).to.equal(1);
        expect(isBehind()).to.equal(false);
      });
    }

    it('is never behind without a journal', () => {
      const ephemeral = new World();
      for (let i = 0; i < 4; i++) ephemeral.send('a', body);
      expect(ephemeral.exchange.isBehind(() => heard++)).to.equal(false);
    });
  });

  it('asks a journal that is off for nothing', () => {
    const ephemeral = new World();
    ephemeral.send('a', '1');
    expect(ephemeral.teller.accepts).to.deep.equal(['1']);
    let drained = false;
    ephemeral.exchange.drain(() => {
      drained = true;
    });
    expect(drained).to.equal(true);
  });

  describe('on a full disk', () => {
    it('refuses what is queued and takes it out again', () => {
      journal.outcome = 'full';
      world.send('a', '1');
      world.send('b', '2');
      world.turn.end();
      expect(world.teller.refusals).to.deep.equal([
        { tag: '1', refusal: DISK_FULL },
        { tag: '2', refusal: DISK_FULL },
      ]);
      expect(world.teller.accepts).to.deep.equal([]);
      expect(world.exchange.stats()).to.include({ ...EMPTY, refused: 2 });
    });

    it('refuses further sends at once', () => {
      journal.outcome = 'full';
      world.send('a', '1');
      world.turn.end();
      world.send('a', '2');
      expect(refused()).to.deep.equal(['1', '2']);
      world.receive('a');
      world.send('a', '3');
      expect(refused()).to.deep.equal(['1', '2', '3']);
      expect(world.exchange.stats()).to.include({ messages: 0, receivers: 1 });
    });

    it('goes on delivering, and writes the ends when space is back', () => {
      for (const body of ['1', '2', '3']) world.send('a', body);
      world.turn.end();
      journal.outcome = 'full';
      world.send('a', '4');
      world.turn.end();
      expect(world.takeAll('a')).to.deep.equal(['1', '2', '3']);
      world.turn.end();
      expect(journal.kept.size).to.equal(3);
      journal.outcome = 'ok';
      world.clock.advance(RETRY_PAUSE);
      world.turn.end();
      expect(journal.kept.size).to.equal(0);
      expect(world.exchange.stats()).to.include(EMPTY);
    });

    it('tries again by itself, even with nothing to write, and then takes sends again', () => {
      journal.outcome = 'full';
      world.send('a', '1');
      world.turn.end();
      world.clock.advance(RETRY_PAUSE);
      world.clock.advance(RETRY_PAUSE);
      expect(journal.batches).to.have.length(3);
      journal.outcome = 'ok';
      world.clock.advance(RETRY_PAUSE);
      expect(journal.batches).to.have.length(4);
      world.send('a', '2');
      world.turn.end();
      expect(world.teller.accepts).to.deep.equal(['2']);
      expect([...journal.kept.values()].map(({ message }) => message.body)).to.deep.equal(['2']);
      world.clock.advance(10 * RETRY_PAUSE);
      expect(journal.batches).to.have.length(5);
    });

    it('carries over what is out, and accepts it when it is written', () => {
      const { receiver } = world.receive('a');
      world.send('a', 'out');
      journal.outcome = 'full';
      world.turn.end();
      expect([world.teller.accepts, refused()]).to.deep.equal([[], []]);
      journal.outcome = 'ok';
      world.clock.advance(RETRY_PAUSE);
      expect(world.teller.accepts).to.deep.equal(['out']);
      expect([...journal.kept.keys()]).to.deep.equal([1]);
      world.exchange.settle(receiver.of('out'));
      world.turn.end();
      expect(journal.kept.size).to.equal(0);
    });

    it('accepts what was out and is finished before space is back', () => {
      const { receiver } = world.receive('a');
      world.send('a', 'out');
      journal.outcome = 'full';
      world.turn.end();
      world.exchange.settle(receiver.of('out'));
      journal.outcome = 'ok';
      world.clock.advance(RETRY_PAUSE);
      expect(world.teller.accepts).to.deep.equal(['out']);
      expect(changes().at(-1)).to.deep.equal({ added: [], removed: [] });
    });

    it('refuses what was out and came back, if space does not', () => {
      const { receiver } = world.receive('a');
      world.send('a', 'out');
      journal.outcome = 'full';
      world.turn.end();
      world.exchange.giveBack(receiver.of('out'), 0);
      expect(world.exchange.stats().messages).to.equal(1);
      world.clock.advance(RETRY_PAUSE);
      expect(refused()).to.deep.equal(['out']);
      expect(world.exchange.stats()).to.include(EMPTY);
    });

    it('accepts what was finished while the commit was under way', () => {
      journal.hold = true;
      world.send('a', '1');
      world.send('a', '2');
      world.turn.end();
      const { receiver } = world.receive('a');
      world.exchange.settle(receiver.of('1'));
      journal.answer('full');
      expect(world.teller.accepts).to.deep.equal(['1']);
      expect(refused()).to.deep.equal(['2']);
    });

    it('carries over any number of ends', () => {
      const many = 200_000;
      for (let i = 0; i < many; i++) world.send('a', '');
      world.turn.end();
      journal.outcome = 'full';
      world.takeAll('a');
      world.turn.end();
      world.clock.advance(RETRY_PAUSE);
      journal.outcome = 'ok';
      world.clock.advance(RETRY_PAUSE);
      expect(journal.batches.at(-1)?.removed).to.have.length(many);
      expect(journal.kept.size).to.equal(0);
    });
  });

  describe('after a failed commit', () => {
    beforeEach(() => {
      world.send('a', 'before');
      world.turn.end();
      world.send('a', '1');
      journal.outcome = 'failed';
      world.turn.end();
    });

    it('says so once', () => {
      expect(world.failures.map(({ message }) => message)).to.deep.equal(['the disk says failed']);
      journal.outcome = 'ok';
      world.send('a', '2');
      world.takeAll('a');
      world.turn.end();
      world.clock.advance(100_000);
      expect(world.failures).to.have.length(1);
    });

    it('accepts nothing any more, and asks the journal for nothing', () => {
      journal.outcome = 'ok';
      world.send('a', '2');
      expect(world.takeAll('a')).to.deep.equal(['before', '1']);
      world.turn.end();
      world.clock.advance(100_000);
      world.turn.end();
      expect(world.teller.accepts).to.deep.equal(['before']);
      expect(world.teller.refusals.map(({ tag, refusal }) => [tag, refusal.code])).to.deep.equal([
        ['2', 'journal-failed'],
      ]);
      expect(journal.batches).to.have.length(2);
    });

    it('has nothing left to wait for', () => {
      let drained = false;
      world.exchange.drain(() => {
        drained = true;
      });
      expect(drained).to.equal(true);
    });
  });

  describe('drain', () => {
    let drained: number;
    const drain = () => world.exchange.drain(() => drained++);

    beforeEach(() => {
      drained = 0;
    });

    it('is done at once where nothing is to be written', () => {
      drain();
      expect(drained).to.equal(1);
      expect(journal.batches).to.deep.equal([]);
    });

    it('writes what is there without waiting for the end of the turn', () => {
      world.send('a', '1');
      drain();
      expect(drained).to.equal(1);
      expect([...journal.kept.keys()]).to.deep.equal([1]);
      world.turn.end();
      expect(journal.batches).to.have.length(1);
    });

    it('waits for the commit under way and for what came meanwhile', () => {
      journal.hold = true;
      world.send('a', '1');
      world.turn.end();
      world.send('a', '2');
      drain();
      drain();
      journal.answer();
      world.turn.end();
      expect(drained).to.equal(0);
      journal.answer();
      expect(drained).to.equal(2);
      expect([...journal.kept.keys()]).to.deep.equal([1, 2]);
    });

    it('does not wait for a full disk to have space again', () => {
      journal.outcome = 'full';
      world.send('a', '1');
      drain();
      expect(drained).to.equal(1);
    });

    it('ends when the commit under way fails', () => {
      journal.hold = true;
      world.send('a', '1');
      world.turn.end();
      drain();
      journal.answer('failed');
      expect(drained).to.equal(1);
    });
  });
});
