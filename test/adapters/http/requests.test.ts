import { request as httpRequest } from 'node:http';
import { expect } from 'chai';
import { afterEach, it } from 'mocha';
import { eventually } from '../../support/eventually.js';
import { allWays, HttpWorld, undated, type WorldOptions } from './world.js';

const OK = '["200",["Content-Length","2"]]\nok';

allWays('http: from request to message', () => {
  let world: HttpWorld;

  afterEach(() => world.stop());

  const begin = async (options?: WorldOptions) => {
    world = await HttpWorld.start(options);
  };

  it('envelope 2, to the byte', async () => {
    await begin();
    const client = world.client('GET /a?b=%20 HTTP/1.1\r\nhost: example.org\r\nX-a: 1\r\nX-A: caf\xc3\xa9\r\n\r\n');
    const asked = await world.asked();
    expect(asked.message.body).to.equal(
      '{"v":2,"method":"GET","url":"/a?b=%20","protocol":"HTTP/1.1",' +
        '"headers":["host","example.org","X-a","1","X-A","caf\\u00c3\\u00a9",' +
        '"X-Forwarded-For","127.0.0.1","X-Forwarded-Proto","http","X-Forwarded-Host","example.org",' +
        '"Forwarded","for=127.0.0.1;host=example.org;proto=http"],' +
        `"scheme":"http","remoteAddr":"127.0.0.1","cancelAddr":"${asked.head.cancelAddr}"}\n`,
    );
    expect(asked.message.to).to.equal('web');
    expect(asked.message.timeout).to.equal(180_000);
    expect(asked.replyTo).to.match(/^~http-id-\d+~id-\d+$/);
    expect(asked.head.cancelAddr).to.match(/^reply:id-\d+$/);
    expect(asked.message.options).to.deep.include({ id: asked.label, dead: asked.replyTo, receipt: 'taken' });
    asked.answer(OK);
    expect(undated(await client.until('ok'))).to.equal(
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\nKeep-Alive: timeout=75\r\n\r\nok',
    );
  });

  it('a short body travels along, in whatever chunks it came', async () => {
    await begin();
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    const client = world.client(`${head}3\r\na\0\xff\r\n1;x=y\r\n\n\r\n0\r\nTrailer: x\r\n\r\n`);
    const asked = await world.asked();
    expect(asked.body).to.equal('a\0\xff\n');
    expect(asked.head).not.to.have.property('bodyAddr');
    expect(asked.headers).to.deep.equal(['Host', 'a']);
    expect(asked.head.headers).to.include('Content-Length');
    asked.answer(OK);
    await client.until('ok');
  });

  it('a long body comes in pieces, and an empty message last', async () => {
    await begin();
    const body = `${'x'.repeat(65_536)}${'y'.repeat(65_536)}z`;
    const client = world.client(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    const asked = await world.asked();
    expect(asked.body).to.equal('');
    expect(asked.head.bodyAddr).to.match(/^reply:id-\d+$/);
    const pieces = world.listener(asked.head.bodyAddr);
    const came = [];
    do came.push(await pieces.next());
    while (came.at(-1)?.body !== '');
    for (const piece of came) expect(piece.body.length).to.be.lessThan(65_537);
    for (const { options } of came) expect(options).to.deep.include({ receipt: 'done', dead: '' });
    expect(came.map((piece) => piece.body).join('')).to.equal(body);
    asked.answer(OK);
    await client.until('ok');
  });

  it('64 KiB are not long yet', async () => {
    await begin();
    const body = 'x'.repeat(65_536);
    world.client(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    const asked = await world.asked();
    expect(asked.body).to.equal(body);
    expect(asked.head).not.to.have.property('bodyAddr');
  });

  for (const body of ['', 'hello', 'x'.repeat(100_000)]) {
    it(`envelope 1: a body of ${body.length} bytes follows as one message`, async () => {
      await begin({ settings: { envelope: 1 } });
      const client = world.client(`POST /a HTTP/1.0\r\nx-b: 1\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      const asked = await world.asked();
      expect(asked.message.body).to.equal(
        `{"method":"POST","url":"/a","protocol":"HTTP/1.0","headers":{"X-B":"1","Content-Length":"${body.length}",` +
          '"X-Forwarded-For":"127.0.0.1","X-Forwarded-Proto":"http","Forwarded":"for=127.0.0.1;proto=http"},' +
          `"bodyAddr":"${asked.head.bodyAddr}"}`,
      );
      const bodies = world.listener(asked.head.bodyAddr);
      expect((await bodies.next()).body).to.equal(body);
      asked.answer('["200",["Content-Length","2"]]', 'ok', '');
      expect(await client.rest()).to.match(/\r\n\r\nok$/);
      expect(bodies.waiting).to.equal(0);
    });
  }

  it('asks for the body where the client waits to be asked', async () => {
    await begin();
    const client = world.client('PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n');
    expect(await client.until('\r\n\r\n')).to.equal('HTTP/1.1 100 Continue\r\n\r\n');
    client.write('body');
    const asked = await world.asked();
    expect(asked.body).to.equal('body');
    asked.answer(OK);
    expect(await client.until('ok')).to.match(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it('an offer to speak another protocol is passed over', async () => {
    await begin();
    const client = world.client('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const asked = await world.asked();
    expect(asked.headers).to.deep.equal(['Host', 'a']);
    asked.answer('["101",["Upgrade","websocket"]]');
    expect(await client.until('answer\n')).to.match(/^HTTP\/1\.1 502 /);
  });

  it('waits in the queue until there is a handler', async () => {
    await begin();
    const client = world.client('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => world.exchange.stats().messages === 1);
    (await world.asked()).answer(OK);
    expect(await client.until('ok')).to.match(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it('many requests on one connection, one after the other', async () => {
    await begin();
    const client = world.client();
    for (let i = 0; i < 5; i++) {
      client.write(`GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`);
      const asked = await world.asked();
      expect(asked.head.url).to.equal(`/${i}`);
      asked.answer(`["200",["Content-Length","1"]]\n${i}`);
      expect(await client.until(`\r\n\r\n${i}`)).to.match(/^HTTP\/1\.1 200 OK\r\n/);
    }
    expect(world.proxy.connections).to.equal(1);
    expect(world.proxy.open).to.equal(0);
  });

  it('pipelined requests are answered in order, whatever order their answers come in', async () => {
    await begin();
    const client = world.client('GET /0 HTTP/1.1\r\nHost: a\r\n\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\n');
    client.write('GET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const asked = [await world.asked(), await world.asked(), await world.asked()];
    for (const one of asked.reverse()) one.answer(`["200",["Content-Length","2"]]\n${one.head.url}`);
    const bodies = (await client.rest()).match(/\r\n\r\n\/\d/g)?.map((body) => body.trim());
    expect(bodies).to.deep.equal(['/0', '/1', '/2']);
  });

  it('ten clients, answered in reverse order', async () => {
    await begin();
    const answers = Array.from({ length: 10 }, (_, i) => get(world.port, `/${i}`));
    const asked = [];
    for (let i = 0; i < 10; i++) asked.push(await world.asked());
    for (const one of asked.reverse()) one.answer(`["200",["Content-Length","2"]]\n${one.head.url}`);
    expect(await Promise.all(answers)).to.deep.equal(Array.from({ length: 10 }, (_, i) => `/${i}`));
  });
});

/** What an ordinary client gets to read. */
function get(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: '127.0.0.1', path, agent: false }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve(body));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end();
  });
}
