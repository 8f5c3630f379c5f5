import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { FetchHandler } from '../../../src/client/http/index.js';
import { ask, ServedWorld } from './world.js';

describe('a fetch handler behind the proxy', () => {
  let world: ServedWorld;

  beforeEach(async () => {
    world = await ServedWorld.start();
  });

  afterEach(() => world.stop());

  function handle(handler: FetchHandler): void {
    world.serve(handler);
  }

  it('gets a Request, and its Response is sent in one piece', async () => {
    handle(async (request) => Response.json({ url: request.url, method: request.method, sent: await request.text() }));
    const got = await ask(world.port, 'PUT /a?b=c', [], 'body').whole();
    expect(got).to.include('content-type: application/json\r\ncontent-length: 63\r\n');
    expect(got).to.match(/\{"url":"http:\/\/example\.org\/a\?b=c","method":"PUT","sent":"body"\}$/);
  });

  it('keeps cookies apart, and says nothing after HEAD and 204', async () => {
    handle((request) => {
      const headers = new Headers([
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ]);
      return new Response(request.method === 'DELETE' ? null : 'body', {
        status: request.method === 'DELETE' ? 204 : 200,
        headers,
      });
    });
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      const got = await ask(world.port, `${method} /`).whole();
      expect(got).to.include('set-cookie: a=1\r\nset-cookie: b=2\r\n');
      expect(got.endsWith(method === 'GET' ? '\r\n\r\nbody' : '\r\n\r\n'), method).to.equal(true);
    }
  });

  it('streams both ways', async () => {
    handle((request) => new Response(request.body));
    const client = ask(world.port, 'POST /', ['Transfer-Encoding: chunked']);
    client.socket.write('3\r\none\r\n');
    await client.until('3\r\none\r\n');
    client.socket.write('3\r\ntwo\r\n');
    await client.until('3\r\ntwo\r\n');
    client.socket.write('0\r\n\r\n');
    expect(await client.whole()).to.match(/3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n$/);
  });

  it('has its signal aborted when its client has gone', async () => {
    let came: (request: Request) => void;
    const request = new Promise<Request>((resolve) => {
      came = resolve;
    });
    handle((it) => {
      came(it);
      return new Promise<Response>(() => undefined);
    });
    const client = ask(world.port, 'GET /');
    const { signal } = await request;
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    client.socket.destroy();
    await aborted;
    expect(signal.reason).to.have.property('message', 'the client has gone');
  });

  it('that throws answers 500, its trace in the log only', async () => {
    handle(() => {
      throw new Error('secret');
    });
    const got = await ask(world.port, 'GET /').whole();
    expect(got).to.match(/^HTTP\/1\.1 500 [\s\S]*\r\n\r\nInternal Server Error\n$/);
    expect(world.errors.map(String)).to.deep.equal(['Error: secret']);
  });

  it('that fails in the middle of its answer has its client broken off', async () => {
    let fail: (error: Error) => void = () => undefined;
    handle(() => {
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(Buffer.from('begun'));
          fail = (error) => controller.error(error);
        },
      });
      return new Response(body);
    });
    const client = ask(world.port, 'GET /');
    await client.until('begun');
    fail(new Error('no more'));
    expect(await client.whole()).to.match(/5\r\nbegun\r\n$/);
    expect(world.errors.map(String)).to.deep.equal(['Error: no more']);
  });

  it('can be a method, which is told from where a request comes', async () => {
    world.serve({ fetch: (_request, info) => Response.json(info) });
    expect(await ask(world.port, 'GET /').whole()).to.match(/\{"remoteAddress":"127\.0\.0\.1","attempt":1\}$/);
  });
});
