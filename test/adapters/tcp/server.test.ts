import { once } from 'node:events';
import { statSync } from 'node:fs';
import { Server } from 'node:net';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { TestAccess } from '../../support/access.js';
import { EMPTY } from '../../support/exchange.js';
import { TcpBroker } from '../../support/tcp.js';
import { temporaryFolder, WireClient } from '../../support/wire.js';

describe('TcpServer', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let broker: TcpBroker;
  const unix = () => ({ path: folder.path('socket'), mode: 0o660 });
  const tcp = { host: '127.0.0.1', port: 0 };

  beforeEach(() => {
    folder = temporaryFolder();
  });

  afterEach(async () => {
    await broker.stop();
    expect(broker.server.connections).to.equal(0);
    folder.remove();
  });

  const start = async (...given: ConstructorParameters<typeof TcpBroker>) => {
    broker = new TcpBroker(...given);
    await broker.server.start();
  };

  it('serves unix and TCP at once, with one exchange', async () => {
    await start([unix(), tcp]);
    expect(broker.server.addresses[1]).to.deep.include({ host: '127.0.0.1' });
    const [one, other] = [await broker.connect(0), await broker.connect(1)];
    await one.expect('> 5 60 a\r\nhello\r\n< 0 b\r\n', '*\r\n');
    await other.expect('< 1 a\r\n', '> 5 60 a\r\nhello\r\n');
  });

  it('gives the socket file its mode, whatever the umask', async () => {
    const umask = process.umask(0o077);
    try {
      await start([{ path: folder.path('socket'), mode: 0o626 }]);
    } finally {
      process.umask(umask);
    }
    expect(statSync(folder.path('socket')).mode & 0o777).to.equal(0o626);
    expect(process.umask()).to.equal(umask);
  });

  it('tells one connection too many so, and takes the next when there is room', async () => {
    await start([unix()], { maxConnections: 1 });
    const first = await broker.connect();
    const second = await broker.connect();
    second.say('< 0 a\r\n');
    expect(await second.all()).to.equal('- too many connections\r\n');
    await first.expect('< 0 a\r\n', '*\r\n');
    await first.close();
    await broker.until(() => broker.server.connections === 0);
    await (await broker.connect()).expect('< 0 a\r\n', '*\r\n');
  });

  it('reads no further from one whose receive waits, however often the disk catches up', async () => {
    await start([unix()]);
    const heldUp: (() => void)[] = [];
    broker.exchange.isBehind = (caughtUp) => heldUp.push(caughtUp) > 0;
    const client = await broker.connect();
    const much = 8 * 1024 * 1024;
    client.say(`< 60 a\r\n${'> 1 60 b\r\nx\r\n'.repeat(much / 12)}`);
    await broker.until(() => heldUp.length > 0);
    for (let times = 0; times < 1000; times++) {
      for (const caughtUp of heldUp.splice(0)) caughtUp();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(client.socket.writableLength).to.be.greaterThan(much / 2);
  });

  it('answers all before it closes on goodbye', async () => {
    await start([unix()]);
    const client = await broker.connect();
    client.say('> 5 60 a\r\nhello\r\n< 1 a\r\n.\r\n');
    expect(await client.all()).to.equal('> 5 60 a\r\nhello\r\n');
  });

  it('answers what came before a half-close, and forgets the connection', async () => {
    await start([tcp]);
    const client = await broker.connect();
    client.end('> 5 60 a\r\nhello\r\n< 1 a\r\n< 60 a\r\n');
    expect(await client.all()).to.equal('> 5 60 a\r\nhello\r\n');
    await broker.until(() => broker.server.connections === 0);
    expect(broker.exchange.stats()).to.include(EMPTY);
  });

  it('takes back the question of a client that has gone, and carries out what it said after', async () => {
    await start([unix()]);
    const client = await broker.connect();
    client.say('? 1 600 a\r\nx\r\n> 1 60 b\r\ny\r\n');
    await broker.until(() => broker.exchange.stats().receivers === 1);
    await client.close();
    await broker.until(() => broker.server.connections === 0);
    expect(broker.exchange.stats()).to.include({ receivers: 0, messages: 2 });
  });

  /** Its end is known, after which it is looked after from time to time. */
  const halfClosed = async () => {
    const client = await broker.connect();
    client.end('? 1 600 a\r\nx\r\n');
    await broker.until(() => broker.clock.next <= broker.clock.now() + 10_000);
    return client;
  };

  it('lets a question wait for a client that has only ended its side', async () => {
    await start([unix()]);
    const client = await halfClosed();
    broker.clock.advance(10_000);
    expect(broker.exchange.stats()).to.include({ receivers: 1 });
    await client.close();
    broker.clock.advance(20_000);
    await broker.until(() => broker.server.connections === 0);
  });

  it('does not wait for those who have gone before it stops', async () => {
    await start([unix()]);
    await (await halfClosed()).close();
    await broker.server.answered(Number.POSITIVE_INFINITY);
    expect(broker.exchange.stats()).to.include({ receivers: 0 });
  });

  it('closes a client that stays after its refusal', async () => {
    await start([unix()]);
    const client = await broker.connect();
    client.say('what\r\n');
    expect(await client.all()).to.match(/^- invalid command/);
    expect(broker.server.connections).to.equal(1);
    broker.clock.advance(1040);
    await broker.until(() => broker.server.connections === 0);
  });

  it('closes a reader that takes too long, and gives back what it did not take', async () => {
    await start([unix()], { writeTimeout: 5000 });
    const slow = await broker.connect();
    slow.socket.pause();
    const other = await broker.connect();
    const body = 'x'.repeat(1024 * 1024);
    other.say(`> ${body.length} 600 a\r\n${body}\r\n`.repeat(4));
    slow.say('< 1 a\r\n'.repeat(4));
    await broker.until(() => broker.exchange.stats().deliveries === 1 && broker.clock.next < Number.POSITIVE_INFINITY);
    await broker.until(() => broker.exchange.stats().sent === 4);
    broker.clock.advance(5040);
    await broker.until(() => broker.server.connections === 1);
    expect(broker.exchange.stats()).to.include({ messages: 4, deliveries: 0 });
    other.received = '';
    other.say('< 1 a\r\n'.repeat(4));
    const length = 4 * (body.length + `> ${body.length} 600 a\r\n\r\n`.length);
    await other.until((received) => received.length === length);
  });

  it('lets a slow reader go on that reads in time', async () => {
    await start([unix()], { writeTimeout: 5000 });
    const slow = await broker.connect();
    slow.socket.pause();
    const body = 'y'.repeat(3 * 1024 * 1024);
    slow.say(`> ${body.length} 600 a\r\n${body}\r\n< 1 a\r\n< 0 a\r\n`);
    await broker.until(() => broker.exchange.stats().deliveries === 1);
    broker.clock.advance(4000);
    slow.socket.resume();
    await slow.until((received) => received.endsWith('*\r\n'));
    broker.clock.advance(60_000);
    await slow.expect('< 0 a\r\n', '*\r\n');
  });

  it('goes on with a reader whose kernel took more than 256 KiB at once', async () => {
    await start([tcp]);
    const client = await broker.connect();
    const body = 'z'.repeat(400_000);
    for (let i = 0; i < 5; i++) {
      client.received = '';
      client.say(`> ${body.length} 600 a\r\n${body}\r\n< 1 a\r\n< 0 a\r\n`);
      await client.until((received) => received.endsWith('*\r\n'));
    }
  });

  it('takes back what a client waited for that vanished', async () => {
    await start([tcp]);
    const client = await broker.connect();
    client.say('< 600 a\r\n');
    await broker.until(() => broker.exchange.stats().receivers === 1);
    client.socket.resetAndDestroy();
    await broker.until(() => broker.server.connections === 0);
    expect(broker.exchange.stats()).to.include(EMPTY);
  });

  it('says goodbye to all when it stops, and takes no more', async () => {
    await start([unix()]);
    const clients = [await broker.connect(), await broker.connect()];
    clients[0]?.say('< 60 a\r\n');
    await broker.until(() => broker.exchange.stats().receivers === 1);
    const stopped = broker.server.stop();
    for (const [i, client] of clients.entries()) {
      expect(await client.all()).to.equal(i === 0 ? '- the broker is stopping\r\n' : '');
      client.end();
    }
    await stopped;
    expect(broker.exchange.stats()).to.include(EMPTY);
    broker.exchange.stop();
    expect(broker.clock.next).to.equal(Number.POSITIVE_INFINITY);
    const [refused] = await WireClient.connect(folder.path('socket')).then(
      () => [undefined],
      (error: NodeJS.ErrnoException) => [error.code],
    );
    expect(refused).to.be.oneOf(['ENOENT', 'ECONNREFUSED']);
  });

  it('waits for queries and for unwritten answers while it drains, until the deadline', async () => {
    await start([unix()]);
    const [asker, handler] = [await broker.connect(), await broker.connect()];
    asker.say('? 0 60 q\r\n');
    handler.say('< 60 q\r\n');
    const replyTo = (await handler.until((received) => received.endsWith('\n'))).trim().split(' ')[4];
    let answered = false;
    const done = broker.server.answered(broker.clock.now() + 10_000).then(() => {
      answered = true;
    });
    broker.clock.advance(1000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).to.equal(false);
    handler.say(`> 0 5 ${replyTo}\r\n`);
    await asker.until((received) => received.length > 0);
    broker.clock.advance(20);
    await done;
    asker.say('? 0 60 q\r\n');
    await broker.until(() => broker.exchange.stats().receivers === 1);
    const late = broker.server.answered(broker.clock.now() + 100);
    broker.clock.advance(120);
    await late;
  });

  it('leaves nothing open when the journal fails while it stops: a second stop is a part of the first', async () => {
    await start([unix()]);
    const clients = [await broker.connect(), await broker.connect()];
    for (const client of clients) client.say('<< 1 60 a\r\n');
    await broker.until(() => broker.exchange.stats().receivers === 2);
    const first = broker.server.stop();
    const second = broker.server.stop(0);
    await Promise.all([first, second]);
    expect(broker.server.connections).to.equal(0);
    broker.exchange.stop();
    expect(broker.clock.next).to.equal(Number.POSITIVE_INFINITY);
  });

  it('waits no longer for last words than it was told at first', async () => {
    await start([unix()]);
    const slow = await broker.connect();
    slow.socket.pause();
    const body = 'x'.repeat(4 * 1024 * 1024);
    slow.say(`> ${body.length} 600 a\r\n${body}\r\n< 1 a\r\n`);
    await broker.until(() => broker.exchange.stats().deliveries === 1);
    const stopped = broker.server.stop(1000);
    void broker.server.stop(60_000);
    broker.clock.advance(1040);
    await stopped;
    expect(broker.exchange.stats()).to.include({ messages: 1, deliveries: 0 });
  });

  it('lets a tagged client stop whenever it likes, and tells it nothing', async () => {
    await start([unix()]);
    const client = await broker.connect();
    await client.expect('!! h\r\n', '++ h v=2 line=8192 body=16777216 journal=off\r\n');
    client.received = '';
    const stopped = broker.server.stop();
    expect(await client.all()).to.equal('');
    client.end();
    await stopped;
  });

  it('closes a client that shows no token in time, not one that did, nor one that needs none', async () => {
    await start([unix(), tcp], { authTimeout: 10_000 }, new TestAccess());
    const [exempt, good, silent, talker] = await Promise.all([0, 1, 1, 1].map((i) => broker.connect(i)));
    await exempt?.expect('< 0 a\r\n', '*\r\n');
    await good?.expect('!! h worker-token\r\n', '++ h v=2 line=8192 body=16777216 journal=off\r\n');
    talker?.say('<< 1 0 jobs.a\r\n');
    await talker?.until((received) => received.includes('unauthorized'));
    broker.clock.advance(10_040);
    await silent?.all();
    await talker?.all();
    await broker.until(() => broker.server.connections === 2);
    broker.clock.advance(100_000);
    await good?.expect('<< 1 0 jobs.a\r\n', '** 1\r\n');
    await exempt?.expect('< 0 a\r\n', '*\r\n');
    expect(broker.log.lines.find(({ text }) => text === 'token shown')?.fields).to.include({ token: 'worker' });
  });

  it('closes the connections of a token that was revoked, at once', async () => {
    const access = new TestAccess();
    await start([tcp], {}, access);
    const [one, other] = [await broker.connect(), await broker.connect()];
    await one.expect('!! h worker-token\r\n', '++ h v=2 line=8192 body=16777216 journal=off\r\n');
    await other.expect('!! h sender-token\r\n', '++ h v=2 line=8192 body=16777216 journal=off\r\n');
    one.say('<< 1 600 jobs.a\r\n');
    await broker.until(() => broker.exchange.stats().receivers === 1);
    access.revoke('worker-token');
    broker.server.reload();
    await one.all();
    await broker.until(() => broker.server.connections === 1);
    await other.expect('>> 1 0 60 jobs.a -\r\n', '++ 1\r\n');
  });

  it('closes a client that was silent for longer than it said it would be', async () => {
    await start([unix()]);
    const [silent, talker, patient] = [await broker.connect(), await broker.connect(), await broker.connect()];
    for (const client of [silent, talker]) {
      await client.expect('!! h idle=5\r\n', '++ h v=2 line=8192 body=16777216 journal=off\r\n');
    }
    await patient.expect('!! h\r\n', '++ h v=2 line=8192 body=16777216 journal=off\r\n');
    silent.say('<< r 600 a\r\n');
    await broker.until(() => broker.exchange.stats().receivers === 1);
    for (let i = 0; i < 4; i++) {
      await talker.expect('<< 1 0 b\r\n', '** 1\r\n');
      broker.clock.advance(4000);
    }
    await silent.all();
    await broker.until(() => broker.server.connections === 2);
    expect(broker.exchange.stats().receivers).to.equal(0);
    await talker.expect('!! h\r\n', '++ h v=2 line=8192 body=16777216 journal=off\r\n');
  });

  it('closes a tagged client that takes no answers', async () => {
    await start([unix()], { writeTimeout: 5000 });
    const slow = await broker.connect();
    slow.socket.pause();
    const body = 'x'.repeat(1024 * 1024);
    slow.say(`>> 1 ${body.length} 600 a -\r\n${body}\r\n<< 2 600 a lease=60\r\n`);
    await broker.until(() => broker.exchange.stats().deliveries === 1 && broker.clock.next < 600_000);
    broker.clock.advance(5040);
    await broker.until(() => broker.server.connections === 0);
    expect(broker.exchange.stats()).to.include({ messages: 1, deliveries: 0 });
  });

  it('listens on nothing when one of its addresses can not be had', async () => {
    const taken = new Server().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    broker = new TcpBroker([unix(), { host: '127.0.0.1', port }]);
    const error = await broker.server.start().then(
      () => undefined,
      (cause: Error) => cause,
    );
    expect(error?.message).to.equal(`cannot listen on tcp:127.0.0.1:${port}: another program is listening there`);
    expect(() => statSync(folder.path('socket'))).to.throw(/ENOENT/);
    taken.close();
  });

  it('logs connections and refusals at the level info', async () => {
    await start([unix()]);
    const client = await broker.connect();
    client.say('bad\r\n');
    await client.all();
    await client.close();
    await broker.until(() => broker.server.connections === 0);
    expect(broker.log.lines.map(({ level, text }) => `${level} ${text}`)).to.deep.equal([
      'minimal listening',
      'info connected',
      'info refused',
      'info disconnected',
    ]);
  });
});
