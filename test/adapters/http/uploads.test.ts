import { expect } from 'chai';
import { afterEach, it } from 'mocha';
import { eventually } from '../../support/eventually.js';
import { type Asked, allWays, HttpWorld, type RawClient, undated, type WorldOptions } from './world.js';

const OK = '["200",["Content-Length","2"]]\nok';
const CHUNKED = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n';
const MEGABYTE = 1_000_000;

function chunk(bytes: number): string {
  return `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`;
}

/** Resolves when the proxy takes nothing more of what the client writes. */
async function stalled({ socket }: RawClient): Promise<void> {
  let left = -1;
  for (let turns = 0; turns < 100; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (socket.writableLength !== left) turns = 0;
    left = socket.writableLength;
  }
}

allWays('http: a body that travels in pieces', () => {
  let world: HttpWorld;

  afterEach(() => world.stop());

  const begin = async (options: WorldOptions = {}) => {
    world = await HttpWorld.start({ ...options, settings: { maxBody: 1000 * MEGABYTE, ...options.settings } });
  };

  /** A request whose body is under way: nothing of it has been taken. */
  const uploading = async (body = chunk(10)): Promise<{ client: RawClient; asked: Asked; bodyAddr: string }> => {
    const client = world.client(`${CHUNKED}\r\n${body}`);
    const asked = await world.asked();
    return { client, asked, bodyAddr: String(asked.head.bodyAddr) };
  };

  it('its head is sent at once', async () => {
    await begin();
    const { client, asked, bodyAddr } = await uploading('');
    expect(asked.body).to.equal('');
    expect(asked.message.options.attempts).to.equal(1);
    const pieces = world.listener(bodyAddr);
    for (const bytes of [1, 20, 300]) {
      client.write(chunk(bytes));
      expect((await pieces.next()).body).to.equal('x'.repeat(bytes));
    }
    client.write('0\r\n\r\n');
    expect((await pieces.next()).body).to.equal('');
    asked.answer(OK);
    expect(await client.until('ok')).to.match(/^HTTP\/1\.1 200 OK\r\n/);
    expect(world.exchange.stats()).to.deep.include({ messages: 0, deliveries: 0 });
  });

  it('is read no further ahead than its handler takes it', async () => {
    await begin();
    const { client, asked, bodyAddr } = await uploading();
    for (let i = 0; i < 40; i++) client.write(chunk(MEGABYTE));
    client.write('0\r\n\r\n');
    await eventually(() => client.socket.writableLength > 10 * MEGABYTE && world.exchange.stats().messages === 4);
    expect(world.exchange.stats().bytes).to.be.lessThan(MEGABYTE);
    const pieces = world.listener(bodyAddr);
    let bytes = 0;
    for (let body = (await pieces.next()).body; body !== ''; body = (await pieces.next()).body) {
      bytes += body.length;
      expect(pieces.waiting).to.be.lessThan(9);
    }
    expect(bytes).to.equal(40 * MEGABYTE + 10);
    asked.answer(OK);
    await client.until('ok');
  });

  it('small pieces that a handler does not take at once are joined', async () => {
    await begin();
    const { client, bodyAddr } = await uploading();
    for (let i = 1; i <= 3; i++) {
      await eventually(() => world.exchange.stats().messages === i);
      client.write(chunk(10));
    }
    await eventually(() => world.exchange.stats().messages === 4);
    for (let i = 0; i < 10; i++) client.write(chunk(10));
    client.write('0\r\n\r\n');
    await eventually(() => client.socket.writableLength === 0);
    await new Promise((resolve) => setImmediate(resolve));
    const pieces = world.listener(bodyAddr);
    const sizes = [];
    for (let body = (await pieces.next()).body; body !== ''; body = (await pieces.next()).body) sizes.push(body.length);
    expect(sizes.length).to.be.lessThan(10);
    expect(sizes.reduce((sum, size) => sum + size, 0)).to.equal(140);
  });

  it('the client breaks off: the handler is told, and gets no more of it', async () => {
    await begin();
    const { client, asked } = await uploading();
    const cancel = world.listener(asked.head.cancelAddr);
    await eventually(() => world.exchange.stats().messages === 1);
    client.reset();
    expect((await cancel.next()).body).to.equal('');
    await eventually(() => world.exchange.stats().messages === 0);
    expect(world.proxy.open).to.equal(0);
  });

  it('the client breaks off while its request is queued: head and pieces are taken back', async () => {
    await begin();
    const client = world.client(`${CHUNKED}\r\n${chunk(10)}`);
    await eventually(() => world.exchange.stats().messages === 2);
    client.reset();
    await eventually(() => world.exchange.stats().messages === 0);
    expect(world.listener('web').waiting).to.equal(0);
  });

  it('413 when it becomes too long: the handler is told, and what it has not taken is taken back', async () => {
    await begin({ settings: { maxBody: 100 } });
    const { client, asked } = await uploading();
    const cancel = world.listener(asked.head.cancelAddr);
    client.write(chunk(91));
    expect(undated(await client.rest())).to.match(
      /^HTTP\/1\.1 413 [^\n]*\r\n[\s\S]*Connection: close\r\n\r\n413 [^\r]*\n$/,
    );
    expect((await cancel.next()).body).to.equal('');
    await eventually(() => world.exchange.stats().messages === 0);
  });

  it('408 when it comes too slowly, however regularly', async () => {
    await begin();
    const { client, asked } = await uploading();
    const cancel = world.listener(asked.head.cancelAddr);
    const pieces = world.listener(asked.head.bodyAddr);
    await pieces.next();
    for (let seconds = 0; world.proxy.open > 0; seconds += 5) {
      expect(seconds).to.be.lessThan(60);
      world.clock.advance(5000);
      client.write(chunk(100));
      if (world.proxy.open > 0) await Promise.race([pieces.next(), cancel.next(), client.closed]);
    }
    expect(await client.rest()).to.match(/^HTTP\/1\.1 408 /);
  });

  it('a slow handler does not count as a slow client, and has its time from each piece on', async () => {
    await begin({ settings: { timeout: 100_000 } });
    const { client, asked, bodyAddr } = await uploading();
    for (let i = 0; i < 9; i++) client.write(chunk(MEGABYTE));
    const taker = { slow: false, expired: () => undefined, lapsed: () => undefined };
    const deliver = world.exchange.settle.bind(world.exchange);
    for (let i = 0; i < 10; i++) {
      await stalled(client);
      world.clock.advance(60_000);
      const wanted = { addresses: [bodyAddr], timeout: 0, count: 4, lease: 0 };
      world.exchange.receive(wanted, { ...taker, deliver });
    }
    expect(world.proxy.open).to.equal(1);
    asked.answer(OK);
    expect(await client.rest()).to.match(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nConnection: close\r\n/);
  });

  it('504 when its handler takes nothing of it, nor answers', async () => {
    await begin({ settings: { timeout: 5000 } });
    const { client, asked } = await uploading(`${chunk(10)}0\r\n\r\n`);
    const cancel = world.listener(asked.head.cancelAddr);
    await eventually(() => world.exchange.stats().messages === 0 || world.proxy.open === 1);
    world.clock.advance(5100);
    expect(await client.until('in time\n')).to.match(/^HTTP\/1\.1 504 /);
    expect((await cancel.next()).body).to.equal('');
  });

  it('an answer that comes before its end is the last on the connection, and the client can read it', async () => {
    await begin();
    const { client, asked } = await uploading();
    for (let i = 0; i < 5; i++) client.write(chunk(MEGABYTE));
    asked.answer('["403",["Content-Length","2"]]\nno');
    expect(await client.until('no')).to.match(/^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*\r\nConnection: close\r\n/);
    for (let i = 0; i < 5; i++) client.write(chunk(MEGABYTE));
    client.socket.end();
    await client.closed;
    await eventually(() => world.exchange.stats().messages === 0);
    expect(world.proxy.open).to.equal(0);
  });

  it('an answer may begin before its end, and both go on', async () => {
    await begin();
    const { client, asked, bodyAddr } = await uploading();
    const pieces = world.listener(bodyAddr);
    asked.answer(`["200",[]]\n${(await pieces.next()).body}`);
    await client.until('xxx\r\n');
    client.write(chunk(5));
    asked.answer((await pieces.next()).body);
    await client.until('5\r\nxxxxx\r\n');
    client.write('0\r\n\r\n');
    asked.answer((await pieces.next()).body);
    expect(await client.rest()).to.equal('0\r\n\r\n');
  });

  it('who waits to be asked for it is asked when the request is queued', async () => {
    await begin();
    const client = world.client(`${CHUNKED}Expect: 100-continue\r\n\r\n`);
    expect(await client.until('\r\n\r\n')).to.equal('HTTP/1.1 100 Continue\r\n\r\n');
    const asked = await world.asked();
    expect(asked.headers).to.deep.equal(['Host', 'a']);
    client.write(`${chunk(3)}0\r\n\r\n`);
    expect((await world.listener(asked.head.bodyAddr).next()).body).to.equal('xxx');
    asked.answer(OK);
    await client.until('ok');
  });

  it('and is not asked when it can not be', async () => {
    await begin({ queues: { queueMessages: 1 } });
    world.client('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => world.proxy.open === 1);
    const client = world.client(`${CHUNKED}Expect: 100-continue\r\n\r\n`);
    expect(await client.rest()).to.match(/^HTTP\/1\.1 503 /);
  });

  it('no handler: 502 at once, and nothing stays', async () => {
    await begin();
    const handler = world.leaser();
    const client = world.client(`${CHUNKED}\r\n${chunk(10)}`);
    await world.leased(handler);
    handler.die();
    expect(await client.rest()).to.match(/^HTTP\/1\.1 502 /);
    // The word for the handler that has gone.
    await eventually(() => world.exchange.stats().messages === 1);
  });

  it('requests behind it wait for their turn', async () => {
    await begin();
    const { client, asked } = await uploading(`${chunk(3)}0\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n`);
    const next = await world.asked();
    next.answer(OK);
    const first = asked.head.method === 'POST' ? asked : next;
    if (first !== next) asked.answer(OK);
    expect(await client.until('ok')).to.match(/^HTTP\/1\.1 200 OK/);
  });
});
