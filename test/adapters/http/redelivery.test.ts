import { expect } from 'chai';
import { afterEach, it } from 'mocha';
import type { Delivery } from '../../../src/ports/exchange.js';
import { eventually } from '../../support/eventually.js';
import { Asked, allWays, HttpWorld, undated, type WorldOptions } from './world.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi';
const OK = '["200",["Content-Length","2"]]\nok';
const GONE = 'handler failed: it has gone, or gave the request back';

allWays('http: a handler that goes', () => {
  let world: HttpWorld;

  afterEach(() => world.stop());

  const begin = async (options?: WorldOptions) => {
    world = await HttpWorld.start(options);
  };

  for (const [method, redeliver, again] of [
    ['GET', 'idempotent', true],
    ['HEAD', 'idempotent', true],
    ['OPTIONS', 'idempotent', true],
    ['PUT', 'idempotent', true],
    ['DELETE', 'idempotent', true],
    ['POST', 'idempotent', false],
    ['PATCH', 'idempotent', false],
    ['GET', 'none', false],
    ['POST', 'all', true],
  ] as const) {
    it(`${method} with --http-redeliver ${redeliver}: ${again ? 'the next handler gets it' : '502 at once'}`, async () => {
      await begin({ settings: { redeliver } });
      const handler = world.leaser();
      const client = world.client(`${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      const { message } = await world.leased(handler);
      expect(message.options).to.deep.include(again ? { attempts: 5, once: true } : { attempts: 1, once: false });
      handler.die();
      if (again) (await world.asked()).answer('["204",[]]');
      expect(await client.rest()).to.match(again ? /^HTTP\/1\.1 204 / : /^HTTP\/1\.1 502 Bad Gateway\r\n/);
      expect(world.logged('minimal')).to.deep.equal(again ? [] : [GONE]);
      // The word that nobody waits any more, if that is so.
      expect(world.exchange.stats()).to.deep.include({ messages: again ? 0 : 1, deliveries: 0 });
    });
  }

  for (const envelope of [1, 2] as const) {
    it(`502, to the byte, in envelope ${envelope}; and the handler, should it still be there, is told`, async () => {
      await begin({ settings: { envelope } });
      const handler = world.leaser();
      const client = world.client(POST);
      const asked = await world.leased(handler);
      handler.die();
      const body = '502 Bad Gateway: the handler has gone\n';
      expect(undated(await client.until('gone\n'))).to.equal(
        'HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain; charset=utf-8\r\n' +
          `Content-Length: ${body.length}\r\nConnection: keep-alive\r\nKeep-Alive: timeout=75\r\n\r\n${body}`,
      );
      if (envelope === 2) expect((await world.listener(asked.head.cancelAddr).next()).body).to.equal('');
      expect(world.proxy.open).to.equal(0);
    });
  }

  it('one that lets its lease run out has gone, too', async () => {
    await begin();
    const handler = world.leaser();
    const client = world.client(POST);
    const asked = await world.leased(handler);
    world.clock.advance(30_100);
    expect(await client.until('gone\n')).to.match(/^HTTP\/1\.1 502 /);
    asked.answer(OK);
    expect(world.exchange.stats()).to.deep.include({ messages: 1, deliveries: 0 });
  });

  it('one that comes back in time with its reply is heard, even where the request waits for another one', async () => {
    await begin();
    const handler = world.leaser();
    const client = world.client(GET);
    const asked = await world.leased(handler);
    handler.die();
    expect(world.exchange.stats().messages).to.equal(1);
    asked.answer('["200",["Content-Length","2"]]\no');
    asked.answer('k');
    expect(await client.until('ok')).to.match(/^HTTP\/1\.1 200 /);
    expect(world.exchange.stats()).to.deep.include({ messages: 0, deliveries: 0, dead: 1 });
    expect(world.logged('minimal')).to.deep.equal([]);
  });

  it('502 when five handlers have gone', async () => {
    await begin();
    const client = world.client(GET);
    for (let i = 0; i < 5; i++) {
      const handler = world.leaser();
      await world.leased(handler);
      handler.die();
    }
    expect(await client.until('gone\n')).to.match(/^HTTP\/1\.1 502 /);
  });

  it('in the middle of its answer: that is broken off, and nobody gets the request again', async () => {
    await begin();
    const handler = world.leaser();
    const client = world.client(GET);
    const asked = await world.leased(handler);
    asked.answer('["200",["Content-Length","5"]]\nhel');
    await client.until('hel');
    handler.die();
    expect(await client.rest()).to.equal('');
    expect(world.logged('minimal')).to.deep.equal([GONE]);
    expect(world.listener('web').waiting).to.equal(0);
    expect(world.exchange.stats().deliveries).to.equal(0);
  });

  it('after its answer: nobody minds', async () => {
    await begin();
    const handler = world.leaser();
    const client = world.client(POST);
    (await world.leased(handler)).answer(OK);
    await client.until('ok');
    handler.die();
    expect(world.logged('minimal')).to.deep.equal([]);
    expect(world.exchange.stats()).to.deep.include({ messages: 0, deliveries: 0 });
    client.write(GET);
    (await world.asked()).answer(OK);
    await client.until('ok');
  });

  it('after a whole answer that waits behind another one: it is sent', async () => {
    await begin();
    const handler = world.leaser();
    const client = world.client(GET + GET);
    await eventually(() => handler.held.length === 2);
    const [first, second] = handler.held.map(({ message }) => new Asked(message, world.exchange));
    second?.answer(OK);
    handler.die();
    first?.answer(OK);
    let answers = '';
    while ((answers.match(/200 OK/g) ?? []).length < 2) answers += await client.until('ok');
    await eventually(() => world.proxy.open === 0);
    expect(world.logged('minimal')).to.deep.equal([]);
  });

  it('without a lease nobody can tell: 504 when the time is over', async () => {
    await begin({ settings: { timeout: 5000 } });
    const client = world.client(GET);
    await world.asked();
    world.clock.advance(5100);
    expect(await client.until('in time\n')).to.match(/^HTTP\/1\.1 504 /);
  });

  for (const [envelope, bytes, again] of [
    [1, 0, true],
    [1, 2, false],
    [2, 65_536, true],
    [2, 65_537, false],
  ] as const) {
    it(`envelope ${envelope}, PUT with ${bytes} bytes: ${again ? 'again' : 'never again, its pieces may be gone'}`, async () => {
      await begin({ settings: { envelope, redeliver: 'all' } });
      const handler = world.leaser();
      const client = world.client(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n${'x'.repeat(bytes)}`);
      await world.leased(handler);
      handler.die();
      if (again) (await world.asked()).answer('["200",["Content-Length","5"]]\ngone\n');
      expect(await client.until('gone\n')).to.match(again ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 502 /);
    });
  }

  it('a delivery of a reply that may have gone to somebody else breaks off the answer', async () => {
    await begin();
    const client = world.client(GET);
    const asked = await world.asked();
    client.socket.pause();
    const deliver = world.proxy.deliver.bind(world.proxy);
    const deliveries: Delivery[] = [];
    world.proxy.deliver = (delivery) => {
      deliveries.push(delivery);
      deliver(delivery);
    };
    asked.answer(`["200",[]]\n${'a'.repeat(20_000_000)}`);
    for (const delivery of deliveries) world.proxy.lapsed(delivery);
    expect(world.logged('minimal')).to.deep.equal(['handler failed: a part of the reply was lost on its way']);
    expect(world.proxy.open).to.equal(0);
    client.socket.resume();
    await client.closed;
  });
});
