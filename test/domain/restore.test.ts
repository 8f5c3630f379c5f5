import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { ManualClock } from '../support/clock.js';
import { EMPTY, World } from '../support/exchange.js';
import { FakeJournal } from '../support/journal.js';

describe('LocalExchange.restore', () => {
  let journal: FakeJournal;
  let first: World;

  beforeEach(() => {
    journal = new FakeJournal();
    first = new World({ journal, clock: new ManualClock(5_000_000, 1_700_000_000_000) });
  });

  /** The broker ends, and another begins `away` milliseconds later by the wall clock, with a monotonic clock of its own. */
  const restart = (from: World, away: number): World => {
    from.turn.end();
    const next = new World({ journal, clock: new ManualClock(77, from.clock.wall() + away) });
    next.exchange.restore();
    next.turn.end();
    return next;
  };

  it('has nothing to do with an empty journal', () => {
    first.exchange.restore();
    expect(first.exchange.stats()).to.include(EMPTY);
    first.send('a', '1');
    expect(first.takeAll('a')).to.deep.equal(['1']);
  });

  it('brings back what was queued, in order, as it was sent', () => {
    for (const body of ['1', '2', '3']) first.send('a', body);
    first.send('~m~7', 'labelled');
    const second = restart(first, 1000);
    expect(second.exchange.stats()).to.include({ queues: 2, messages: 4, onDisk: 4, bytes: 0 });
    second.send('a', '4');
    expect(second.takeAll('a')).to.deep.equal(['1', '2', '3', '4']);
    expect(second.receive('~m').receiver.of('labelled').message.to).to.equal('~m~7');
  });

  it('brings back what was out, in its old place, and nothing that was finished', () => {
    for (const body of ['1', '2', '3']) first.send('a', body);
    first.turn.end();
    const { receiver } = first.receive('a', 0, 2);
    first.exchange.settle(receiver.of('2'));
    expect(restart(first, 0).takeAll('a')).to.deep.equal(['1', '3']);
  });

  it('drops what expired while the broker was away, counts it, and tells the journal', () => {
    first.send('a', 'short', 5);
    first.send('a', 'long', 50);
    const second = restart(first, 6000);
    expect(second.exchange.stats()).to.include({ messages: 1, expired: 1 });
    expect([...journal.kept.values()].map(({ message }) => message.body)).to.deep.equal(['long']);
    expect(second.takeAll('a')).to.deep.equal(['long']);
  });

  it('lets a message live for what was left of its time', () => {
    first.send('a', '1', 10);
    first.turn.end();
    first.clock.advance(4000);
    first.send('b', 'a later commit', 100);
    const second = restart(first, 3000);
    second.clock.advance(2900);
    expect(second.exchange.stats().messages).to.equal(2);
    second.clock.advance(140);
    expect(second.exchange.stats()).to.include({ messages: 1, expired: 1 });
  });

  it('counts a wall clock that was set back as no time at all', () => {
    first.send('a', '1', 10);
    const second = restart(first, -100_000);
    second.clock.advance(9900);
    expect(second.exchange.stats().messages).to.equal(1);
    second.clock.advance(140);
    expect(second.exchange.stats().messages).to.equal(0);
  });

  it('lets running time go on over several restarts', () => {
    first.send('a', '1', 100);
    const second = restart(first, 10_000);
    second.clock.advance(10_000);
    second.send('b', '2', 1000);
    const third = restart(second, 10_000);
    third.clock.advance(69_900);
    expect(third.exchange.stats().messages).to.equal(2);
    third.clock.advance(140);
    expect(third.exchange.stats()).to.include({ messages: 1, expired: 1 });
  });

  it('gives restored messages back to their old places', () => {
    for (const body of ['1', '2']) first.send('a', body);
    const second = restart(first, 0);
    const { receiver } = second.receive('a', 0, 2);
    second.send('a', '3');
    for (const body of ['2', '1']) second.exchange.giveBack(receiver.of(body), 0);
    expect(second.takeAll('a')).to.deep.equal(['1', '2', '3']);
  });

  it('brings back more than its limits allow', () => {
    for (const body of ['1', '2', '3']) first.send('a', body);
    first.turn.end();
    const second = new World({ journal, limits: { messages: 1 }, clock: new ManualClock(1, first.clock.wall()) });
    second.exchange.restore();
    second.send('a', '4');
    expect(second.teller.refusals).to.have.length(1);
    expect(second.takeAll('a')).to.deep.equal(['1', '2', '3']);
  });
});
