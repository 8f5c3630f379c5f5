import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, it } from 'mocha';
import { REMEMBERED } from '../../../src/domain/known-ids.js';
import { eventually } from '../../support/eventually.js';
import { allWays, HttpWorld } from './world.js';

const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const OK = '["200",["Content-Length","2"]]\nok';

allWays('http: start and stop', () => {
  let world: HttpWorld;

  afterEach(() => world.stop());

  it('says why it can not start', async () => {
    world = new HttpWorld({ settings: { listen: () => Promise.reject(new Error('cannot listen on tcp:a:1')) } });
    let reason = '';
    await world.proxy.start().catch((error: Error) => {
      reason = error.message;
    });
    expect(reason).to.equal('cannot listen on tcp:a:1');
    expect(world.exchange.stats().receivers).to.equal(0);
  });

  it('listens wherever it is told to, on a unix socket too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'msglite-http-'));
    try {
      const path = join(folder, 'socket');
      const settings = {
        listen: async (server: import('node:net').Server) => void (await once(server.listen(path), 'listening')),
      };
      world = await HttpWorld.start({ settings });
      const sent = request({ socketPath: path, agent: false }).end();
      const asked = await world.asked();
      expect(asked.head.remoteAddr).to.equal('');
      asked.answer(OK);
      const [response] = await once(sent, 'response');
      expect(response.statusCode).to.equal(200);
      response.resume();
      await once(response, 'end');
      await world.stop();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('closes what is idle, answers what is in flight, and takes nothing new', async () => {
    world = await HttpWorld.start();
    const fresh = world.client();
    const used = world.client(REQUEST);
    (await world.asked()).answer(OK);
    await used.until('ok');
    const waiting = world.client(REQUEST);
    const asked = await world.asked();
    const streaming = world.client(REQUEST);
    const stream = await world.asked();
    stream.answer('["200",[]]\nhello');
    await streaming.until('hello\r\n');
    await eventually(() => world.proxy.connections === 4);

    const stopped = world.proxy.stop(world.clock.now() + 10_000);
    await Promise.all([fresh.closed, used.closed]);
    expect(world.proxy.open).to.equal(2);
    const late = world.client(REQUEST);
    expect(await late.rest()).to.equal('');

    asked.answer(OK);
    expect(await waiting.rest()).to.match(/\r\nConnection: close\r\n[\s\S]*ok$/);
    stream.answer('world', '');
    expect(await streaming.rest()).to.equal('5\r\nworld\r\n0\r\n\r\n');
    await stopped;
    expect(world.proxy.connections).to.equal(0);
    expect(world.exchange.stats().receivers).to.equal(1);
    // What the exchange still has to do is to forget the requests' ids.
    world.clock.advance(REMEMBERED);
    expect(world.clock.next).to.equal(Number.POSITIVE_INFINITY);
  });

  it('answers 503 to what is not answered in time, breaks off what was begun, and tells their handlers', async () => {
    world = await HttpWorld.start();
    const waiting = world.client(REQUEST);
    const asked = await world.asked();
    const streaming = world.client(REQUEST);
    const stream = await world.asked();
    stream.answer('["200",[]]\nhello');
    await streaming.until('hello\r\n');
    const reading = world.client('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel');
    await eventually(() => world.proxy.open === 3);
    const cancels = [world.listener(asked.head.cancelAddr), world.listener(stream.head.cancelAddr)];

    const stopped = world.proxy.stop(world.clock.now() + 10_000);
    world.clock.advance(9999);
    expect(world.proxy.open).to.equal(3);
    world.clock.advance(1);
    for (const client of [waiting, reading]) {
      expect(await client.rest()).to.match(
        /^HTTP\/1\.1 503 Service Unavailable\r\n[\s\S]*\r\nConnection: close\r\n[\s\S]*the proxy is stopping\n$/,
      );
    }
    expect(await streaming.rest()).to.equal('');
    await stopped;
    for (const cancel of cancels) expect((await cancel.next()).body).to.equal('');
    expect(world.proxy.open).to.equal(0);
  });

  it('is not over before the handler of a client that left has been told', async () => {
    world = await HttpWorld.start();
    const client = world.client(REQUEST);
    const cancel = world.listener((await world.asked()).head.cancelAddr);
    const stopped = world.proxy.stop(world.clock.now() + 10_000);
    client.reset();
    await stopped;
    expect(cancel.waiting).to.equal(1);
  });

  it('does not wait for ever for a broker that does not say whether it took a request back', async () => {
    world = await HttpWorld.start();
    world.exchange.control = () => undefined;
    const client = world.client(REQUEST);
    await eventually(() => world.proxy.open === 1);
    const stopped = world.proxy.stop(world.clock.now() + 10_000);
    client.reset();
    await eventually(() => world.proxy.connections === 0);
    world.clock.advance(12_000);
    await stopped;
  });

  it('a client that does not read its last answer is cut off', async () => {
    world = await HttpWorld.start();
    const client = world.client(REQUEST);
    client.socket.pause();
    (await world.asked()).answer(`["200",["Content-Length","60000000"]]\n${'x'.repeat(60_000_000)}`);
    expect(world.proxy.open).to.equal(1);
    const stopped = world.proxy.stop(world.clock.now());
    world.clock.advance(0);
    expect(world.proxy.connections).to.equal(1);
    world.clock.advance(2100);
    await stopped;
    client.socket.resume();
    await client.closed;
  });

  it('connections beyond the limit are closed, and the operator hears of it', async () => {
    world = await HttpWorld.start({ settings: { limits: { connections: 1 } } });
    const first = world.client(REQUEST);
    (await world.asked()).answer(OK);
    await first.until('ok');
    expect(await world.client(REQUEST).rest()).to.equal('');
    expect(world.log.lines.at(-1)).to.deep.include({ level: 'info', text: 'connection refused', fields: { limit: 1 } });
  });
});
