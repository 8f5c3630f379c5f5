import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { eventually } from '../../../support/eventually.js';
import { HttpWorld, type RawClient } from '../world.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const CHUNKED = 'POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
const OK = '["200",["Content-Length","2"]]\nok';

describe('http: a connection that is read without node:http', () => {
  let world: HttpWorld;

  beforeEach(async () => {
    world = await HttpWorld.start({ settings: { maxBody: 30_000_000 } });
  });

  afterEach(() => world.stop());

  const answered = async (client: RawClient, url: string, body = '') => {
    const asked = await world.asked();
    expect([asked.head.url, asked.body]).to.deep.equal([url, body]);
    asked.answer(OK);
    expect(await client.until('ok')).to.match(/^HTTP\/1\.1 200 OK\r\n/);
  };

  /** Sends it in two pieces that the proxy reads one after the other. */
  const send = async (client: RawClient, text: string, at: number) => {
    client.socket.setNoDelay();
    client.write(text.slice(0, at));
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    client.write(text.slice(at));
  };

  it('a request may be cut anywhere', async () => {
    const text = 'PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc';
    for (let at = 1; at < text.length; at++) {
      const client = world.client();
      await send(client, text, at);
      await answered(client, '/a', 'abc');
      client.socket.destroy();
    }
  });

  it('also while another one is to be answered', async () => {
    const client = world.client();
    for (let at = 1; at < GET.length; at++) {
      await send(client, GET + GET, GET.length + at);
      for (let i = 0; i < 2; i++) (await world.asked()).answer(OK);
      expect((await client.until('ok')).length).to.be.above(0);
      await eventually(() => world.proxy.open === 0);
    }
  });

  it('what is not plain waits for the answers before it, and what follows is read as ever', async () => {
    const client = world.client(GET + CHUNKED);
    const first = await world.asked();
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(world.proxy.open).to.equal(1);
    first.answer(OK);
    await client.until('ok');
    const second = await world.asked();
    expect([second.head.url, second.body]).to.deep.equal(['/chunked', 'abc']);
    second.answer(OK);
    await client.until('ok');
    client.write(GET);
    await answered(client, '/');
  });

  it('of what waits no more is read than a head may have', async () => {
    const size = 20_000_000;
    const client = world.client(GET);
    const asked = await world.asked();
    client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`);
    await world.passing(() => world.clock.now() > 5000);
    expect(client.socket.writableLength).to.be.above(0);
    asked.answer(OK);
    await client.until('ok');
    const long = await world.asked();
    const pieces = world.listener(long.head.bodyAddr);
    let length = 0;
    for (let piece = await pieces.next(); piece.body !== ''; piece = await pieces.next()) length += piece.body.length;
    expect(length).to.equal(size);
    long.answer(OK);
    await client.until('ok');
  });

  it('behind the last request nothing is read, also later', async () => {
    const client = world.client('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const asked = await world.asked();
    client.write(GET);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(world.proxy.open).to.equal(1);
    asked.answer(OK);
    expect(await client.rest()).to.match(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nConnection: close\r\n[\s\S]*ok$/);
    expect(world.exchange.stats().sent).to.equal(2);
  });

  it('is closed when it was idle for the time for that, but not while a request is open', async () => {
    const [idle, busy] = [world.client(GET), world.client(GET)];
    const [first, second] = [await world.asked(), await world.asked()];
    first.answer(OK);
    await Promise.race([idle.until('ok'), busy.until('ok')]);
    world.clock.advance(74_000);
    expect(world.proxy.connections).to.equal(2);
    world.clock.advance(3000);
    await eventually(() => world.proxy.connections === 1);
    second.answer(OK);
    await eventually(() => world.proxy.open === 0);
    world.clock.advance(78_000);
    await Promise.all([idle.closed, busy.closed]);
    expect(world.logged('info')).to.deep.equal([]);
  });

  it('the time for a head begins with its first bytes, and is not lengthened by others', async () => {
    const client = world.client(`${GET}GET / HTTP/1.1\r\n`);
    const asked = await world.asked();
    world.clock.advance(60_000);
    asked.answer(OK);
    await client.until('ok');
    world.clock.advance(6000);
    client.write('Host: a\r\n');
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    world.clock.advance(2000);
    expect(world.logged('info')).to.deep.equal([]);
    world.clock.advance(4000);
    expect(await client.rest()).to.match(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(world.logged('info')).to.deep.equal(['refused: the request did not come in time']);
  });

  it('a head that ends with its connection is refused', async () => {
    const client = world.client();
    client.socket.end('GET / HTTP/1.1\r\nHost: a\r\n');
    expect(await client.rest()).to.match(/^HTTP\/1\.1 400 Bad Request\r\n/);
  });

  it('a head that grows too long is refused, however slowly it does', async () => {
    const client = world.client('GET / HTTP/1.1\r\n');
    for (let i = 0; i < 20; i++) {
      client.write(`X-${i}: ${'x'.repeat(1000)}\r\n`);
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    }
    expect(await client.rest()).to.match(/^HTTP\/1\.1 431 /);
  });

  it('a client that has gone leaves no alarm', async () => {
    const client = world.client();
    await eventually(() => world.proxy.connections === 1);
    expect(world.clock.next).to.be.below(Number.POSITIVE_INFINITY);
    client.socket.destroy();
    await eventually(() => world.proxy.connections === 0);
    expect(world.clock.next).to.equal(Number.POSITIVE_INFINITY);
  });
});
