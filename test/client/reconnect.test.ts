import { once } from 'node:events';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { connect } from '../../src/client/client.js';
import type { Client, ConnectOptions, LeasedMessage } from '../../src/client/index.js';
import { ManualClock } from '../support/clock.js';
import { FakeBroker, type Heard } from './fake-broker.js';
import { arrive, codeOf } from './support.js';

describe('a client that lost its connection', () => {
  let broker: FakeBroker;
  let client: Client;
  let clock: ManualClock;

  async function connected(options: Partial<ConnectOptions> = {}): Promise<Client> {
    clock = new ManualClock();
    client = await connect({ address: broker.address, ...options }, { timing: clock, random: () => 0 });
    await once(client, 'connect');
    return client;
  }

  beforeEach(async () => {
    broker = await FakeBroker.start();
    await connected();
  });

  afterEach(async () => {
    broker.takes = () => true;
    const closed = client.close().catch(() => undefined);
    await arrive();
    clock.advance(10_000);
    await closed;
    await broker.stop();
  });

  /** Breaks it, without a new one. */
  async function lose(): Promise<void> {
    const lost = once(client, 'disconnect');
    broker.cut();
    await lost;
  }

  /** Lets the pause pass, which without chance is the longest, and resolves when it is connected again. */
  async function comeBack(): Promise<void> {
    const back = once(client, 'reconnect');
    clock.advance(50);
    await back;
  }

  const bodyOf = ({ command }: Heard) => (command.kind === 'send' ? command.body : command.kind);
  const idOf = ({ command }: Heard) => (command.kind === 'send' ? command.options.id : undefined);

  it('says so, and when it is back', async () => {
    const sent = client.send('a', 'x');
    await broker.next();
    void client.ready('a').catch(() => undefined);
    await broker.next();
    const lost = once(client, 'disconnect');
    broker.cut();
    const [event] = await lost;
    expect(event).to.include({ unanswered: 1, receives: 1, queries: 0, deliveries: 0 });
    expect(event.reason.code).to.equal('connection-lost');
    const back = once(client, 'reconnect');
    clock.advance(50);
    expect((await back)[0]).to.deep.equal({ address: broker.address, failed: 0, away: 0.05 });
    await broker.next();
    const again = await broker.next();
    again.say(`++ ${again.tag}\r\n`);
    await sent;
  });

  it('sends again what had no receipt, in order, with the same ids', async () => {
    const sends = ['1', '2', '3'].map((body) => client.send('a', body));
    const first = await broker.several(3);
    first[0]?.say(`++ ${first[0].tag}\r\n`);
    await sends[0];
    await lose();
    sends.push(client.send('a', '4'));
    await comeBack();
    const again = await broker.several(3);
    expect(again.map(bodyOf)).to.deep.equal(['2', '3', '4']);
    expect(again.slice(0, 2).map(idOf)).to.deep.equal(first.slice(1).map(idOf));
    for (const { tag, say } of again) say(`++ ${tag} duplicate=1\r\n`);
    expect((await Promise.all(sends)).map(({ duplicate }) => duplicate)).to.deep.equal([false, true, true, true]);
  });

  it('sends nothing twice that has no id', async () => {
    await client.close();
    await connected({ ids: false });
    const [first, named] = [codeOf(client.send('a', '1')), client.send('a', '2', { id: 'mine' })];
    await broker.several(2);
    await lose();
    const later = client.send('a', '3');
    expect(await first).to.equal('connection-lost');
    await comeBack();
    const again = await broker.several(2);
    expect(again.map(bodyOf)).to.deep.equal(['2', '3']);
    for (const { tag, say } of again) say(`++ ${tag}\r\n`);
    await Promise.all([named, later]);
  });

  it('sends again what the journal failed for', async () => {
    const send = client.send('a', '1');
    const { tag, say } = await broker.next();
    say(`-- ${tag} journal-failed the broker is stopping\r\n`);
    await arrive();
    await lose();
    await comeBack();
    const again = await broker.next();
    expect(bodyOf(again)).to.equal('1');
    again.say(`++ ${again.tag}\r\n`);
    await send;
  });

  it('gives a message so much time as is left, and none that has none', async () => {
    const short = codeOf(client.send('a', 'short', { timeout: 2 }));
    const long = client.send('a', 'long', { timeout: 10 });
    await broker.several(2);
    await broker.down();
    await arrive();
    clock.advance(4000);
    await arrive();
    expect(await short).to.equal('expired');
    await broker.up();
    const back = once(client, 'reconnect');
    clock.advance(2000);
    await back;
    const again = await broker.next();
    expect(again.command).to.include({ body: 'long', timeout: 4000 });
    again.say(`++ ${again.tag}\r\n`);
    await long;
  });

  it('buffers so much and no more', async () => {
    await client.close();
    await connected({ maxBuffered: { messages: 3, bytes: 2200 } });
    await lose();
    const sends = [client.send('a', '1'), client.send('a', 'x'.repeat(1200))];
    expect(await codeOf(client.send('a', 'y'.repeat(300)))).to.equal('full');
    sends.push(client.send('a', '3', { timeout: 1 }));
    expect(await codeOf(client.send('a', ''))).to.equal('full');
    await comeBack();
    const again = await broker.several(3);
    for (const { tag, say } of again) say(`++ ${tag}\r\n`);
    await Promise.all(sends);
  });

  it('buffers nothing where nothing is to be buffered', async () => {
    await client.close();
    await connected({ maxBuffered: { messages: 0 } });
    const sent = client.send('a', '1');
    const { tag, say } = await broker.next();
    say(`++ ${tag}\r\n`);
    await sent;
    await lose();
    expect(await codeOf(client.send('a', '2'))).to.equal('full');
  });

  it('makes room for what expires in its buffer', async () => {
    await client.close();
    await connected({ maxBuffered: { messages: 2 } });
    await broker.down();
    await arrive();
    for (let i = 0; i < 5; i++) {
      const sends = [client.send('a', '1', { timeout: 1 }), client.send('a', '2', { timeout: 1 })].map(codeOf);
      expect(await codeOf(client.send('a', '3'))).to.equal('full');
      clock.advance(1500);
      expect(await Promise.all(sends)).to.deep.equal(['expired', 'expired']);
    }
    await broker.up();
  });

  it('waits for messages again, for the rest of the time', async () => {
    const ready = client.ready(['a', 'b'], { timeout: 10 });
    await broker.next();
    await lose();
    clock.advance(40);
    await comeBack();
    const again = await broker.next();
    expect(again.command).to.deep.include({ kind: 'receive', addresses: ['a', 'b'], timeout: 9910 });
    again.say(`>> ${again.tag} 0 9 a - attempt=1\r\n`);
    expect((await ready)?.to).to.equal('a');
  });

  it('ends a wait whose time runs out meanwhile, but for one that takes what is there', async () => {
    await broker.down();
    await arrive();
    const [short, brief] = [client.ready('a', { timeout: 1 }), client.ready('b', { timeout: 0 })];
    clock.advance(1100);
    await arrive();
    expect(await short).to.equal(undefined);
    await broker.up();
    const back = once(client, 'reconnect');
    clock.advance(2000);
    await back;
    const again = await broker.next();
    expect(again.command).to.deep.include({ addresses: ['b'], timeout: 0 });
    again.say(`** ${again.tag}\r\n`);
    expect(await brief).to.equal(undefined);
  });

  it('waits for answers in the same mailbox', async () => {
    const query = client.query('a', 'who?', { timeout: 30 });
    const [receive, send] = await broker.several(2);
    send?.say(`++ ${send.tag}\r\n`);
    await arrive();
    await lose();
    await comeBack();
    const again = await broker.next();
    expect(again.command).to.deep.include({
      addresses: receive?.command.kind === 'receive' ? receive.command.addresses : [],
    });
    const replyTo = send?.command.kind === 'send' ? send.command.replyTo : '';
    again.say(`>> ${again.tag} 2 60 ${replyTo} - attempt=1\r\nme\r\n`);
    expect((await query)?.text()).to.equal('me');
  });

  it('names what it has under a lease before anything else, and finishes again what it had finished', async () => {
    const stream = client.receive('a', { concurrency: 3 });
    const next = stream.next();
    const receive = await broker.next();
    for (const i of [1, 2, 3]) receive.say(`>> ${receive.tag} 0 60 a - attempt=1 delivery=@d${i}\r\n`);
    const messages = [(await next).value, (await stream.next()).value, (await stream.next()).value] as LeasedMessage[];
    await messages[0]?.done();
    await broker.several(2);
    const lost = once(client, 'disconnect');
    broker.cut();
    expect((await lost)[0]).to.include({ deliveries: 2 });
    await messages[1]?.giveBack({ delay: 1 });
    await comeBack();
    const [first, second, third] = await broker.several(3);
    expect(first?.command).to.include({ kind: 'done', delivery: '@d1' });
    expect(second?.command).to.include({ kind: 'give-back', delivery: '@d2', delay: 1000 });
    expect(third?.command).to.include({ kind: 'keep', delivery: '@d3', lease: 30_000 });
    const losses: unknown[][] = [];
    client.on('leaseLost', (...args) => losses.push(args));
    // Of the first nobody knows; the second was finished too late; the third is lost.
    for (const i of [1, 2, 3]) first?.say(`-- @d${i} no-such-delivery it is not yours\r\n`);
    await arrive();
    expect(losses.map(([message, late]) => [(message as LeasedMessage).isOurs, late])).to.deep.equal([
      [true, true],
      [false, false],
    ]);
    expect(messages[2]?.signal.aborted).to.equal(true);
  });

  it('forgets what it finished once the broker has confirmed that', async () => {
    const stream = client.receive('a');
    const next = stream.next();
    const receive = await broker.next();
    receive.say(`>> ${receive.tag} 0 60 a - attempt=1 delivery=@d1\r\n`);
    await (await next).value?.done();
    await broker.several(2);
    clock.advance(1000);
    await arrive();
    await lose();
    await comeBack();
    expect((await broker.next()).command.kind).to.equal('receive');
  });

  it('flushes again, behind what it says again', async () => {
    broker.flushes = false;
    const done = Promise.all([client.send('a', '1'), client.flush()]);
    await broker.several(2);
    await lose();
    await comeBack();
    const again = await broker.several(2);
    expect(again.map(bodyOf)).to.deep.equal(['1', 'hello']);
    for (const { tag, say } of again) say(`++ ${tag}\r\n`);
    await done;
    broker.flushes = true;
  });

  it('repeats what it may of control', async () => {
    const [stats, kick] = [client.control.stats(), codeOf(client.control.kick('dead:a'))];
    await broker.several(2);
    await lose();
    expect(await kick).to.equal('connection-lost');
    await comeBack();
    const again = await broker.next();
    again.say(`== ${again.tag} 2\r\n{}\r\n`);
    expect(await stats).to.deep.equal({});
  });

  it('counts what it gives up no longer as waiting', async () => {
    const sends = ['1', '2'].map((body) => client.send('a', body));
    const purged = client.control.purge('a');
    await broker.several(3);
    await lose();
    expect(await codeOf(purged)).to.equal('connection-lost');
    await comeBack();
    for (const again of await broker.several(2)) again.say(`++ ${again.tag}\r\n`);
    await Promise.all(sends);
    void client.send('a', '3').catch(() => undefined);
    await arrive();
    expect(broker.unheard).to.equal(1);
  });

  it('tries its addresses in turn, and waits longer each time', async () => {
    const other = await FakeBroker.start();
    await client.close();
    await connected({ address: [broker.address, 'unix:/nowhere', other.address] });
    await broker.down();
    await other.down();
    const pauses: number[] = [];
    client.on('retry', ({ pause }) => pauses.push(pause));
    await arrive();
    for (const pause of [50, 100, 200]) {
      const retry = once(client, 'retry');
      clock.advance(pause);
      await retry;
    }
    expect(pauses).to.deep.equal([0.1, 0.2, 0.4]);
    await other.up();
    const back = once(client, 'reconnect');
    clock.advance(400);
    expect((await back)[0]).to.include({ address: other.address, failed: 3 });
    await client.close();
    await other.stop();
    await broker.up();
  });

  it('takes silence for death, though not its own', async () => {
    await client.close();
    await connected({ idle: 9 });
    broker.sockets.at(-1)?.pause();
    for (let i = 0; i < 4; i++) {
      clock.advance(3000);
      await arrive();
    }
    const lost = once(client, 'disconnect');
    clock.advance(1000);
    expect((await lost)[0].reason.message).to.contain('nothing was heard for 9 seconds');
    await comeBack();
  });

  it('keeps a silent connection alive', async () => {
    await client.close();
    await connected({ idle: 9 });
    client.on('disconnect', () => expect.fail('it was lost'));
    for (let i = 0; i < 20; i++) {
      clock.advance(3000);
      await arrive();
    }
    expect(broker.open).to.equal(1);
  });

  it('can be closed meanwhile', async () => {
    await broker.down();
    await arrive();
    const send = codeOf(client.send('a', 'x'));
    const closed = codeOf(client.close());
    clock.advance(5000);
    expect(await closed).to.equal('connection-lost');
    expect(await send).to.equal('closed');
    await broker.up();
  });
});
