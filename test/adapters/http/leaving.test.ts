import { expect } from 'chai';
import { afterEach, it } from 'mocha';
import { eventually } from '../../support/eventually.js';
import { allWays, HttpWorld, type RawClient, type WorldOptions } from './world.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const OK = '["200",["Content-Length","2"]]\nok';

allWays('http: a web client that goes', () => {
  let world: HttpWorld;

  afterEach(() => world.stop());

  const begin = async (options?: WorldOptions) => {
    world = await HttpWorld.start(options);
  };

  const WAYS = {
    'breaks its connection': async (client: RawClient) => client.reset(),
    'closes it': async (client: RawClient) => {
      client.socket.destroy();
      await world.passing(() => world.proxy.connections === 0);
    },
  } as const;

  for (const [how, leave] of Object.entries(WAYS)) {
    it(`and ${how} before its answer: the handler is told`, async () => {
      await begin();
      const client = world.client(GET);
      const asked = await world.asked();
      const cancel = world.listener(asked.head.cancelAddr);
      await leave(client);
      expect(await cancel.next()).to.deep.include({ body: '', timeout: 60_000 });
      expect(world.proxy.open).to.equal(0);
      asked.answer(OK, 'more');
      expect(world.exchange.stats()).to.deep.include({ messages: 0, deliveries: 0 });
      expect(cancel.waiting).to.equal(0);
    });

    it(`and ${how} in the middle of its answer: the handler is told`, async () => {
      await begin();
      const client = world.client(GET);
      const asked = await world.asked();
      const cancel = world.listener(asked.head.cancelAddr);
      asked.answer('["200",[]]\nhello');
      await client.until('hello\r\n');
      await leave(client);
      expect((await cancel.next()).body).to.equal('');
      expect(world.proxy.open).to.equal(0);
    });

    it(`and ${how} while its request is queued: no handler ever gets it`, async () => {
      await begin();
      const client = world.client(GET);
      await eventually(() => world.exchange.stats().messages === 1);
      await leave(client);
      await eventually(() => world.exchange.stats().messages === 0);
      expect(world.listener('web').waiting).to.equal(0);
      expect(world.exchange.stats()).to.deep.include({ expired: 0, deliveries: 0 });
    });
  }

  it('with several requests open: all their handlers are told', async () => {
    await begin();
    const client = world.client(GET.repeat(3));
    const cancels = [];
    for (let i = 0; i < 3; i++) cancels.push(world.listener((await world.asked()).head.cancelAddr));
    client.reset();
    for (const cancel of cancels) expect((await cancel.next()).body).to.equal('');
    expect(world.proxy.open).to.equal(0);
  });

  it('while its request is queued: the pieces of its body go, too', async () => {
    await begin();
    const client = world.client(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n${'x'.repeat(70_000)}`);
    await eventually(() => world.exchange.stats().messages === 4);
    client.reset();
    await eventually(() => world.exchange.stats().messages === 0);
    expect(world.exchange.stats().deliveries).to.equal(0);
  });

  it('in envelope 1 its queued request is recalled as well', async () => {
    await begin({ settings: { envelope: 1 } });
    const client = world.client(GET);
    await eventually(() => world.exchange.stats().messages === 2);
    client.reset();
    await eventually(() => world.exchange.stats().messages === 0);
  });

  it('if the broker can remember no more ids, requests go without', async () => {
    await begin({ queues: { ids: 0 } });
    const client = world.client(GET);
    const asked = await world.asked();
    expect(asked.message.options).to.deep.include({ id: undefined, attempts: 5, once: true, dead: asked.replyTo });
    const cancel = world.listener(asked.head.cancelAddr);
    client.reset();
    await cancel.next();
    const queued = world.client(GET);
    (await world.asked()).answer(OK);
    await queued.until('ok');
  });

  it('without an id its request stays in the queue, with that word waiting for its handler', async () => {
    await begin({ settings: { limits: { ids: 0 } } });
    const client = world.client(GET);
    await eventually(() => world.exchange.stats().messages === 1);
    client.reset();
    await eventually(() => world.exchange.stats().messages === 2);
    const asked = await world.asked();
    expect((await world.listener(asked.head.cancelAddr).next()).body).to.equal('');
    expect(world.exchange.stats().messages).to.equal(0);
  });

  it('a word that nobody hears is no dead letter', async () => {
    await begin();
    const client = world.client(GET);
    await world.asked();
    client.reset();
    await eventually(() => world.exchange.stats().messages === 1);
    world.clock.advance(60_100);
    expect(world.exchange.stats()).to.deep.include({ messages: 0, expired: 1, dead: 0 });
  });
});

allWays('http: a web client that closes its side only', () => {
  let world: HttpWorld;

  afterEach(() => world.stop());

  it('has gone: what was queued is taken back', async () => {
    world = await HttpWorld.start();
    const client = world.client();
    client.socket.end(GET + GET);
    expect(await client.rest()).to.equal('');
    await eventually(() => world.exchange.stats().sent === 2 && world.exchange.stats().messages === 0);
    expect(world.listener('web').waiting).to.equal(0);
  });

  it('has gone: handlers are told', async () => {
    world = await HttpWorld.start();
    const client = world.client(GET);
    const asked = await world.asked();
    const cancel = world.listener(asked.head.cancelAddr);
    asked.answer('["200",[]]\nhello');
    await client.until('hello\r\n');
    client.socket.end();
    expect((await cancel.next()).body).to.equal('');
    expect(await client.rest()).to.equal('');
  });

  it('an answer that is all there is sent to its end, however long that takes', async () => {
    world = await HttpWorld.start();
    const client = world.client(GET);
    client.socket.pause();
    const size = 20_000_000;
    (await world.asked()).answer(`["200",["Content-Length","${size}"]]\n${'x'.repeat(size)}`);
    client.socket.end();
    await world.passing(() => world.clock.now() > 10_000);
    client.socket.resume();
    expect((await client.rest()).length).to.be.greaterThan(size);
  });
});
