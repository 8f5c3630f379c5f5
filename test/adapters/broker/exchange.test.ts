import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { RemoteExchange } from '../../../src/adapters/broker/exchange.js';
import { FakeBroker, type Heard } from '../../client/fake-broker.js';
import { arrive } from '../../client/support.js';
import { ManualClock } from '../../support/clock.js';
import { Hearer, Listener, message, Teller, wanted } from '../../support/exchange.js';
import { CountingIds } from '../../support/ids.js';
import { MemoryLog } from '../../support/log.js';

const FOR_EVER = Number.POSITIVE_INFINITY;

describe('RemoteExchange', () => {
  let broker: FakeBroker;
  let clock: ManualClock;
  let log: MemoryLog;
  let exchange: RemoteExchange;
  let events: string[];

  beforeEach(async () => {
    broker = await FakeBroker.start();
    broker.welcome = 'v=2 line=8192 body=16777216 journal=full';
    clock = new ManualClock();
    log = new MemoryLog('info');
    events = [];
    const settings = { at: [{ path: broker.path }], token: undefined, tls: undefined };
    exchange = new RemoteExchange(clock, new CountingIds('me'), log, settings);
    exchange.watch({ lost: () => events.push('lost'), back: () => events.push('back') });
  });

  afterEach(async () => {
    broker.takes = () => true;
    await exchange.close();
    await broker.stop();
  });

  async function start(): Promise<void> {
    exchange.start();
    await arrive();
    expect(exchange.isUp).to.equal(true);
  }

  async function lose(): Promise<void> {
    broker.cut();
    await arrive();
    expect(exchange.isUp).to.equal(false);
  }

  /** After the longest pause that chance can have chosen. */
  async function comeBack(): Promise<void> {
    clock.advance(50);
    await arrive();
    expect(exchange.isUp).to.equal(true);
  }

  function stand(): Hearer {
    const hearer = new Hearer();
    exchange.receive({ ...wanted('~me'), timeout: FOR_EVER, count: FOR_EVER }, hearer);
    return hearer;
  }

  /** Delivers `body` to a label of the mailbox. */
  function hand({ tag, say }: Heard, body: string, name: string, options = 'attempt=1'): void {
    say(`>> ${tag} ${body.length} 60 ~me~1 - ${options} delivery=@${name}\r\n${body}\r\n`);
  }

  const short = ({ command }: Heard) => ('delivery' in command ? `${command.kind} ${command.delivery}` : command.kind);
  const shorts = async (count: number) => (await broker.several(count)).map(short);

  it('waits for a broker, says so once, and tells when it comes and goes', async () => {
    await broker.down();
    exchange.start();
    const teller = new Teller();
    exchange.send(message('a', 'x'), teller, 't');
    for (let i = 0; i < 3; i++) {
      await arrive();
      clock.advance(1000);
    }
    await arrive();
    expect(log.lines.filter(({ text }) => text === 'waiting for the broker').length).to.equal(1);
    await broker.up();
    clock.advance(5000);
    await arrive();
    const { say, tag } = await broker.next();
    say(`++ ${tag}\r\n`);
    await arrive();
    expect(teller.accepts).to.deep.equal(['t']);
    await lose();
    expect(events).to.deep.equal(['back', 'lost']);
  });

  it('gives ids to messages that have none, and sends again what had no receipt', async () => {
    await start();
    const teller = new Teller();
    exchange.send(message('a', '1'), teller, 'one');
    exchange.send(message('a', '2', 60, 'r', { id: 'theirs' }), teller, 'two');
    const ids = (heard: Heard[]) => heard.map(({ command }) => command.kind === 'send' && command.options.id);
    const first = await broker.several(2);
    expect(ids(first)).to.deep.equal(['me1-0', 'theirs']);
    await lose();
    await comeBack();
    const again = await broker.several(2);
    expect(ids(again)).to.deep.equal(ids(first));
    again[0]?.say(`++ ${again[0].tag} duplicate=1\r\n`);
    again[1]?.say(`-- ${again[1].tag} id-conflict no\r\n`);
    await arrive();
    expect(teller.duplicates).to.deep.equal(['one']);
    expect(teller.refusals).to.deep.equal([{ tag: 'two', refusal: { code: 'id-conflict', text: 'no' } }]);
  });

  it('says of what can not be repeated that nobody knows', async () => {
    await start();
    const listener = new Listener();
    exchange.control({ command: 'recall', address: 'a', id: 'i' }, listener, 't');
    await broker.next();
    await lose();
    expect(listener.refusals.map(({ refusal }) => refusal.code)).to.deep.equal(['journal-failed']);
  });

  it('gives no more ids than brokers can well remember', async () => {
    await start();
    let without = 0;
    broker.takes = ({ command, tag, say }) => {
      if (command.kind === 'send' && command.options.id === undefined) without++;
      say(`++ ${tag}\r\n`);
      return true;
    };
    const teller = new Teller();
    for (let i = 0; i < 10_100; i++) exchange.send(message('a', ''), teller, '');
    await new Promise<void>((resolve) => exchange.flush(resolve));
    expect([teller.accepts.length, without]).to.deep.equal([10_100, 100]);
  });

  describe('on a mailbox of its own', () => {
    it('takes a lease where there is a journal, extends it, and ends it with the delivery', async () => {
      const hearer = stand();
      await start();
      const receive = await broker.next();
      expect(receive.command).to.include({ lease: 30_000, count: 1_000_000_000 });
      hand(receive, 'x', 'd1');
      await arrive();
      expect(hearer.of('x')).to.include({ name: undefined, lease: 0, at: '~me~1' });
      clock.advance(10_020);
      expect(await shorts(1)).to.deep.equal(['keep @d1']);
      exchange.settle(hearer.of('x'));
      exchange.settle(hearer.of('x'));
      expect(await shorts(1)).to.deep.equal(['done @d1']);
      clock.advance(60_000);
      await arrive();
      expect(broker.unheard).to.equal(0);
    });

    it('takes none where there is none', async () => {
      broker.welcome = 'v=2 line=8192 body=16777216 journal=off';
      const hearer = stand();
      await start();
      const receive = await broker.next();
      expect(receive.command).to.include({ lease: 0 });
      receive.say(`>> ${receive.tag} 1 60 ~me~1 - attempt=1\r\nx\r\n`);
      await arrive();
      exchange.settle(hearer.of('x'));
      await arrive();
      expect(broker.unheard).to.equal(0);
    });

    it('goes on with what comes again', async () => {
      const hearer = stand();
      await start();
      hand(await broker.next(), 'x', 'd1');
      await arrive();
      await lose();
      await comeBack();
      const [keep, receive] = (await broker.several(2)) as [Heard, Heard];
      expect(short(keep)).to.equal('keep @d1');
      keep.say('-- @d1 no-such-delivery it went back\r\n');
      hand(receive, 'x', 'd2', 'attempt=2');
      hand(receive, 'new', 'd3', 'attempt=2');
      await arrive();
      expect(hearer.bodies).to.deep.equal(['x', 'new']);
      expect(hearer.lapses).to.deep.equal([]);
      exchange.settle(hearer.of('x'));
      expect(await shorts(1)).to.deep.equal(['done @d2']);
    });

    it('finishes unseen what was finished already', async () => {
      const hearer = stand();
      await start();
      const before = await broker.next();
      for (const [i, body] of ['same', 'same', 'same'].entries()) hand(before, body, `d${i}`);
      await arrive();
      exchange.settle(hearer.deliveries[0] as never);
      exchange.settle(hearer.deliveries[1] as never);
      await broker.several(2);
      await lose();
      exchange.settle(hearer.deliveries[2] as never);
      await comeBack();
      const said = await broker.several(4);
      expect(said.map(short)).to.deep.equal(['done @d0', 'done @d1', 'done @d2', 'receive']);
      for (const i of [0, 1, 2]) said[0]?.say(`-- @d${i} no-such-delivery it went back\r\n`);
      for (const i of [3, 4]) hand(said[3] as Heard, 'same', `d${i}`, 'attempt=2');
      hand(said[3] as Heard, 'same', 'd5');
      expect(await shorts(2)).to.deep.equal(['done @d3', 'done @d4']);
      expect(hearer.deliveries.length).to.equal(4);
    });

    it('knows what comes again by its id, where it has one', async () => {
      const hearer = stand();
      await start();
      const before = await broker.next();
      hand(before, 'x', 'd1', 'attempt=1 id=one');
      await arrive();
      await lose();
      await comeBack();
      const [keep, receive] = (await broker.several(2)) as [Heard, Heard];
      keep.say('-- @d1 no-such-delivery it went back\r\n');
      hand(receive, 'x', 'd2', 'attempt=2 id=two');
      hand(receive, 'x', 'd3', 'attempt=2 id=one');
      await arrive();
      expect(hearer.deliveries.map(({ message: { options } }) => options.id)).to.deep.equal(['one', 'two']);
      exchange.settle(hearer.deliveries[0] as never);
      expect(await shorts(1)).to.deep.equal(['done @d3']);
    });

    it('goes on with a lease that a restarted broker has kept', async () => {
      const hearer = stand();
      await start();
      hand(await broker.next(), 'x', 'd1');
      await arrive();
      await lose();
      await comeBack();
      await broker.several(2);
      exchange.settle(hearer.of('x'));
      expect(await shorts(1)).to.deep.equal(['done @d1']);
    });
  });
});
