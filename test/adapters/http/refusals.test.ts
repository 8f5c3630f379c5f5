import { expect } from 'chai';
import { afterEach, it } from 'mocha';
import { eventually } from '../../support/eventually.js';
import { allWays, HttpWorld, undated, type WorldOptions } from './world.js';

const OK = '["200",["Content-Length","2"]]\nok';

/** What the proxy itself says when it closes. */
function closing(status: string, text: string, extra = ''): string {
  const body = `${status}: ${text}\n`;
  const type = 'Content-Type: text/plain; charset=utf-8';
  return `HTTP/1.1 ${status}\r\n${type}\r\nContent-Length: ${body.length}\r\n${extra}Connection: close\r\n\r\n${body}`;
}

allWays('http: what is not answered by a handler', () => {
  let world: HttpWorld;

  afterEach(() => world.stop());

  const begin = async (options?: WorldOptions) => {
    world = await HttpWorld.start(options);
  };

  /** The proxy has closed its side; the client follows. */
  const refusal = async (bytes: string): Promise<string> => undated(await world.client(bytes).rest());

  for (const [what, bytes] of [
    ['no HTTP', 'hello\r\n\r\n'],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
    ['both lengths', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['a bad chunk', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n'],
    ['a control character', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n'],
  ] as const) {
    it(`400 for ${what}`, async () => {
      await begin();
      const answer = await refusal(bytes);
      expect(answer).to.match(/^HTTP\/1\.1 400 Bad Request\r\n/);
      if (what !== 'no Host') expect(answer).to.equal(closing('400 Bad Request', 'this is not a valid HTTP request'));
      expect(world.proxy.open).to.equal(0);
      expect(world.exchange.stats().sent).to.equal(0);
    });
  }

  it('a bad request after a good one: both are answered, in order', async () => {
    await begin();
    const client = world.client('GET / HTTP/1.1\r\nHost: a\r\n\r\nrubbish\r\n\r\n');
    const asked = await world.asked();
    asked.answer(OK);
    expect(await client.rest()).to.match(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nokHTTP\/1\.1 400 Bad Request\r\n/);
  });

  it('408 for a head that is too slow', async () => {
    await begin({ settings: { limits: { headTimeout: 30, sweep: 10 } } });
    const client = world.client('GET / HTTP/1.1\r\nHo');
    await world.passing(() => client.socket.destroyed);
    expect(undated(await client.rest())).to.equal(closing('408 Request Timeout', 'the request did not come in time'));
  });

  it('408 for a body that is too slow', async () => {
    await begin();
    const client = world.client('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel');
    await eventually(() => world.proxy.open === 1);
    world.clock.advance(20_100);
    expect(undated(await client.rest())).to.equal(closing('408 Request Timeout', 'the request did not come in time'));
    expect(world.proxy.open).to.equal(0);
    expect(world.logged('info')).to.deep.equal(['refused: the request did not come in time']);
  });

  it('a connection that never said anything is closed without a word', async () => {
    await begin({ settings: { limits: { headTimeout: 30, sweep: 10 } } });
    const client = world.client();
    await world.passing(() => client.socket.destroyed);
    expect(await client.rest()).to.equal('');
  });

  it('413 before a body that is announced as too long', async () => {
    await begin({ settings: { maxBody: 10 } });
    const head = 'PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n';
    expect(await refusal(head)).to.equal(
      closing('413 Payload Too Large', 'the body of a request may have at most 10 bytes'),
    );
  });

  it('413 when a chunked body turns out too long, while the client goes on sending', async () => {
    await begin({ settings: { maxBody: 10 } });
    const client = world.client('PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    client.write('a\r\n0123456789\r\n');
    client.write('1\r\nx\r\n');
    for (let i = 0; i < 100; i++) client.write(`ffff\r\n${'x'.repeat(65_535)}\r\n`);
    expect(undated(await client.rest())).to.equal(
      closing('413 Payload Too Large', 'the body of a request may have at most 10 bytes'),
    );
    expect(world.proxy.open).to.equal(0);
    // Its head, a piece of its body, and the word that nobody waits.
    expect(world.exchange.stats().messages).to.be.lessThan(2);
  });

  it('a body of exactly the limit is taken', async () => {
    await begin({ settings: { maxBody: 10 } });
    const client = world.client('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789');
    (await world.asked()).answer(OK);
    expect(await client.until('ok')).to.match(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it('503 when all bodies together are too long', async () => {
    await begin({ settings: { limits: { bodies: 8 } } });
    const head = 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n';
    const first = world.client(`${head}hell`);
    await eventually(() => world.proxy.open === 1);
    const second = world.client(`${head}hello`);
    expect(undated(await second.rest())).to.equal(
      closing('503 Service Unavailable', 'too many requests are being read', 'Retry-After: 1\r\n'),
    );
    first.write('o');
    (await world.asked()).answer(OK);
    expect(await first.until('ok')).to.match(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it('a client that goes while its body is read leaves nothing', async () => {
    await begin({ settings: { limits: { bodies: 8 } } });
    const head = 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n';
    for (let i = 0; i < 3; i++) {
      const client = world.client(`${head}1234567`);
      await eventually(() => world.proxy.open === 1);
      client.socket.destroy();
      await eventually(() => world.proxy.connections === 0);
      expect(world.proxy.open).to.equal(0);
    }
    const client = world.client(`${head}12345678`);
    (await world.asked()).answer(OK);
    await client.until('ok');
  });

  it('431 for a head that is too long', async () => {
    await begin();
    expect(await refusal(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).to.equal(
      closing('431 Request Header Fields Too Large', 'the head of the request is too long'),
    );
  });

  for (const count of [100, 101, 1500]) {
    it(`${count} headers`, async () => {
      await begin();
      const client = world.client(`GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(count - 1)}\r\n`);
      if (count === 100) {
        const asked = await world.asked();
        expect(asked.headers).to.have.length(200);
      } else {
        expect(undated(await client.rest())).to.equal(
          closing('431 Request Header Fields Too Large', 'a request may have at most 100 headers'),
        );
      }
    });
  }

  it('a refusal of HEAD has no body', async () => {
    await begin({ settings: { maxBody: 0 } });
    const answer = await refusal('HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n');
    expect(answer).to.match(/^HTTP\/1\.1 413 [\s\S]*\r\n\r\n$/);
  });

  it('501 for CONNECT', async () => {
    await begin();
    expect(await refusal('CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n')).to.equal(
      closing('501 Not Implemented', 'CONNECT is not possible here'),
    );
  });

  it('417 for an expectation that nobody can meet', async () => {
    await begin();
    const client = world.client('GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n');
    expect(await client.until('\r\n\r\n')).to.match(/^HTTP\/1\.1 417 Expectation Failed\r\n/);
    expect(world.exchange.stats().sent).to.equal(0);
  });

  it('503 where a long body finds no room, and no handler ever hears of the request', async () => {
    await begin({ queues: { queueMessages: 2 } });
    const body = 'x'.repeat(200_000);
    const client = world.client(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    expect(await client.until('waiting\n')).to.match(/^HTTP\/1\.1 503 /);
    expect(world.listener('web').waiting).to.equal(0);
    expect(world.exchange.stats()).to.deep.include({ messages: 0, deliveries: 0 });
  });

  it('503 with Retry-After when the queue is full, and the connection goes on', async () => {
    await begin({ queues: { queueMessages: 1 } });
    const first = world.client('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => world.proxy.open === 1);
    const second = world.client('GET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
    const answer = undated(await second.until('waiting\n'));
    expect(answer).to.match(/^HTTP\/1\.1 503 Service Unavailable\r\n[\s\S]*\r\nRetry-After: 60\r\n/);
    expect(answer).to.match(/\r\n\r\n503 Service Unavailable: too many requests are waiting\n$/);
    (await world.asked()).answer(OK);
    await first.until('ok');
    second.write('GET /3 HTTP/1.1\r\nHost: a\r\n\r\n');
    (await world.asked()).answer(OK);
    await second.until('ok');
  });

  it('503 for too many requests at once on one connection, after the others are answered', async () => {
    await begin({ settings: { limits: { pipelined: 2 } } });
    const client = world.client('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(4));
    const asked = [await world.asked(), await world.asked()];
    for (const one of asked) one.answer(OK);
    const answers = await client.rest();
    expect(answers.match(/HTTP\/1\.1 \d+/g)).to.deep.equal(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 503']);
    expect(world.exchange.stats().sent).to.equal(4);
  });

  it('504 when no answer began in time, and then the handler is told', async () => {
    await begin({ settings: { timeout: 5000 } });
    const client = world.client('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const asked = await world.asked();
    const cancel = world.listener(asked.head.cancelAddr);
    world.clock.advance(4999);
    expect(world.proxy.open).to.equal(1);
    world.clock.advance(100);
    const answer = undated(await client.until('in time\n'));
    expect(answer).to.match(/^HTTP\/1\.1 504 Gateway Timeout\r\n/);
    expect((await cancel.next()).body).to.equal('');
    asked.answer(OK);
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    (await world.asked()).answer(OK);
    expect(await client.until('ok')).to.match(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it('504 when nobody ever took it; nothing stays', async () => {
    await begin({ settings: { timeout: 5000 } });
    const client = world.client('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => world.proxy.open === 1);
    world.clock.advance(5100);
    await client.until('in time\n');
    await eventually(() => world.exchange.stats().messages === 1);
    world.clock.advance(60_100);
    expect(world.exchange.stats()).to.deep.include({ messages: 0, queues: 1, deliveries: 0, ids: 1 });
    world.clock.advance(300_000);
    expect(world.exchange.stats().ids).to.equal(0);
    expect(world.clock.next).to.equal(Number.POSITIVE_INFINITY);
  });

  it('nobody is told when the answer is complete', async () => {
    await begin();
    const client = world.client('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const asked = await world.asked();
    const cancel = world.listener(asked.head.cancelAddr);
    asked.answer(OK);
    await client.until('ok');
    client.socket.destroy();
    await eventually(() => world.proxy.connections === 0);
    expect(cancel.waiting).to.equal(0);
  });

  it('an answer for a label that never was is dropped', async () => {
    await begin();
    const client = world.client('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const asked = await world.asked();
    for (const label of ['nobody', '', 'a~b'])
      world.exchange.send(
        Object.assign(Object.create(Object.getPrototypeOf(asked.message)), asked.message, {
          to: asked.replyTo.replace(asked.label, label),
        }),
        { accepted: () => undefined, refused: () => undefined },
        '',
      );
    expect(world.exchange.stats()).to.deep.include({ messages: 0, deliveries: 0 });
    asked.answer(OK);
    await client.until('ok');
  });

  it('last words wait for a client only so long', async () => {
    await begin();
    const client = world.client();
    client.socket.pause();
    client.write('rubbish\r\n\r\n');
    await eventually(() => world.logged('info').length === 1);
    expect(world.proxy.connections).to.equal(1);
    world.clock.advance(2100);
    await eventually(() => world.proxy.connections === 0);
  });
});
