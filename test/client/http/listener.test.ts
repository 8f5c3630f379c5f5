import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { ask, ServedWorld, say } from './world.js';

describe('a request listener behind the proxy', () => {
  let world: ServedWorld;

  beforeEach(async () => {
    world = await ServedWorld.start();
  });

  afterEach(() => world.stop());

  function listen(listener: RequestListener): void {
    world.serve(listener);
  }

  /** The request and response of the next request. */
  function next(): Promise<[IncomingMessage, ServerResponse]> {
    return new Promise((resolve) => listen((request, response) => resolve([request, response])));
  }

  it('answers', async () => {
    listen((_request, response) => response.end('hello'));
    expect(await ask(world.port, 'GET /').whole()).to.match(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nhello$/);
  });

  it('sees its client, not the broker', async () => {
    const asked = next();
    const client = ask(world.port, 'GET /a?b=c', ['X-Two: 1', 'x-two: 2', 'Cookie: a=1', 'Cookie: b=2']);
    const [request, response] = await asked;
    expect(request.method).to.equal('GET');
    expect(request.url).to.equal('/a?b=c');
    expect(request.httpVersion).to.equal('1.1');
    expect(request.headers).to.include({ host: 'example.org', 'x-two': '1, 2', cookie: 'a=1; b=2' });
    expect(request.headers).not.to.have.any.keys('connection', 'transfer-encoding');
    expect(request.socket.remoteAddress).to.equal('127.0.0.1');
    expect(request.socket.remoteFamily).to.equal('IPv4');
    expect(request.socket).to.have.property('encrypted', undefined);
    response.end();
    await client.whole();
  });

  it('is told by a trusted proxy that the client has come by TLS, and from where', async () => {
    await world.stop();
    world = await ServedWorld.start({ 'trust-proxy': 'loopback' });
    const asked = next();
    const client = ask(world.port, 'GET /', ['X-Forwarded-Proto: https', 'X-Forwarded-For: 2001:db8::1']);
    const [{ socket }, response] = await asked;
    expect(socket).to.include({ encrypted: true, remoteAddress: '2001:db8::1', remoteFamily: 'IPv6' });
    response.end();
    await client.whole();
  });

  it('reads a body of announced length, short or long', async () => {
    listen(async (request, response) => {
      const body = await text(request);
      response.end(`${request.headers['content-length']} ${request.headers['transfer-encoding']} ${body.length}`);
    });
    expect(await ask(world.port, 'POST /', [], 'x'.repeat(10)).until('10 undefined 10')).to.include('200 OK');
    const long = 'x'.repeat(300_000);
    expect(await ask(world.port, 'POST /', [], long).until('300000 undefined 300000')).to.include('200 OK');
  });

  it('reads a chunked body as it comes', async () => {
    const asked = next();
    const client = ask(world.port, 'POST /', ['Transfer-Encoding: chunked']);
    const [request, response] = await asked;
    expect(request.headers['transfer-encoding']).to.equal('chunked');
    client.socket.write('5\r\nhello\r\n');
    expect(await piece(request)).to.equal('hello');
    client.socket.write('6\r\n again\r\n');
    expect(await piece(request)).to.equal(' again');
    client.socket.write('0\r\n\r\n');
    await once(request, 'end');
    response.end('thanks');
    expect(await client.whole()).to.match(/thanks$/);
  });

  it('answers in pieces, as it writes them', async () => {
    const asked = next();
    const client = ask(world.port, 'GET /');
    const [, response] = await asked;
    response.writeProcessing();
    response.flushHeaders();
    await client.until('\r\n\r\n');
    response.write('one');
    await client.until('one');
    response.write('two');
    await client.until('two');
    response.end();
    expect(await client.whole()).to.match(/\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n$/);
  });

  it('is held back by a client that does not read, and goes on when it does', async () => {
    const asked = next();
    const client = ask(world.port, 'GET /');
    const [, response] = await asked;
    client.socket.pause();
    const piece = Buffer.alloc(256 * 1024, 'x');
    let written = 0;
    while (response.write(piece)) written++;
    // What is taken on the way is bounded: sockets, the proxy, four messages and our own buffer.
    for (let held = false; !held; ) {
      const drained = once(response, 'drain').then(() => false);
      held = await Promise.race([drained, idle(world)]);
      if (!held) while (response.write(piece)) written++;
      written++;
    }
    expect(written).to.be.below(200);
    client.socket.resume();
    await once(response, 'drain');
    response.end('end');
    expect(await client.whole()).to.match(/end\r\n0\r\n\r\n$/);
  });

  it('is told that its client has gone', async () => {
    const asked = next();
    const client = ask(world.port, 'GET /');
    const [request, response] = await asked;
    const closed = Promise.all([ended(request), ended(response)]);
    client.socket.destroy();
    await closed;
    expect(response.writableFinished).to.equal(false);
    expect(request.socket.destroyed).to.equal(true);
  });

  it('is told in the middle of a stream, and of an upload', async () => {
    const asked = next();
    const client = ask(world.port, 'POST /', ['Transfer-Encoding: chunked']);
    const [request, response] = await asked;
    response.write('begun');
    await client.until('begun');
    const failed = once(request, 'error');
    request.resume();
    client.socket.destroy();
    expect((await failed)[0]).to.have.property('code', 'ECONNRESET');
  });

  it('never hears of a request whose client has gone before', async () => {
    const client = ask(world.port, 'GET /gone');
    const { control } = await world.client();
    const waiting = async () => (await control.stats()).messages as number;
    while ((await waiting()) === 0);
    client.socket.destroy();
    while ((await waiting()) > 0);
    const urls: (string | undefined)[] = [];
    listen((request, response) => {
      urls.push(request.url);
      response.end();
    });
    await ask(world.port, 'GET /there').whole();
    expect(urls).to.deep.equal(['/there']);
  });

  it('that ends the connection unanswered has its client told 502, and in the middle has it broken off', async () => {
    let begun: ServerResponse | undefined;
    listen((request, response) => {
      if (request.url === '/at-once') {
        request.socket.destroy();
        return;
      }
      response.write('begun');
      begun = response;
    });
    expect(await ask(world.port, 'GET /at-once').whole()).to.match(/^HTTP\/1\.1 502 /);
    const client = ask(world.port, 'GET /');
    await client.until('begun');
    begun?.destroy();
    expect(await client.whole()).to.match(/5\r\nbegun\r\n$/);
  });

  it('speaks HTTP/1.0 with those who do', async () => {
    listen((request, response) => {
      response.write(request.httpVersion);
      response.end(' then');
    });
    expect(await say(world.port, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n').whole()).to.match(/\r\n\r\n1\.0 then$/);
  });

  it('may answer before the body has come', async () => {
    listen((_request, response) => response.writeHead(403).end('no'));
    const client = ask(world.port, 'POST /', ['Transfer-Encoding: chunked']);
    expect(await client.whole()).to.match(/^HTTP\/1\.1 403 [\s\S]*no\r\n0\r\n\r\n$/);
  });

  it('can be a server of its own', async () => {
    world.serve(createServer((request, response) => response.end(`server ${request.url}`)));
    expect(await ask(world.port, 'GET /').whole()).to.match(/server \/$/);
  });

  it('works with envelope 1', async () => {
    await world.stop();
    world = await ServedWorld.start({ 'http-envelope': '1' });
    listen(async (request, response) => response.end(`${request.method} ${await text(request)}`));
    expect(await ask(world.port, 'POST /', [], 'body').whole()).to.match(/POST body$/);
    expect(await ask(world.port, 'GET /').whole()).to.match(/GET $/);
  });
});

/** Its `error`, if it has one, is of no interest. */
function ended(stream: IncomingMessage | ServerResponse): Promise<void> {
  return new Promise((resolve) => stream.once('close', resolve));
}

async function piece(request: IncomingMessage): Promise<string> {
  const [chunk] = (await once(request, 'data')) as [Buffer];
  return String(chunk);
}

/** Whether nothing has moved for a while in turns, not in time: true once the broker has answered so often. */
async function idle(world: ServedWorld): Promise<boolean> {
  const control = (await world.client()).control;
  for (let i = 0; i < 20; i++) await control.stats();
  return true;
}
