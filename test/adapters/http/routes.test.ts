import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import {
  defaultRoute,
  parseRoute,
  pathOf,
  Route,
  type RouteOptions,
  Routes,
} from '../../../src/adapters/http/routes.js';
import { eventually } from '../../support/eventually.js';
import { allWays, HttpWorld, undated } from './world.js';

const OK = '["200",["Content-Length","2"]]\nok';
const ANY = { methods: undefined, host: '', prefix: '', to: 'b', max: Number.POSITIVE_INFINITY };

function routesOf(...texts: string[]): RouteOptions[] {
  return texts.map((text) => parseRoute(text) as RouteOptions);
}

describe('http: routes', () => {
  for (const [text, expected] of [
    ['*=b', ANY],
    ['*/=b', ANY],
    ['/a=b', { ...ANY, prefix: '/a' }],
    ['*/a/=b', { ...ANY, prefix: '/a/' }],
    ['A.Example=b', { ...ANY, host: 'a.example' }],
    ['*.example/a/b=b', { ...ANY, host: '.example', prefix: '/a/b' }],
    ['[::1]/a=b', { ...ANY, host: '[::1]', prefix: '/a' }],
    ['GET:*=b', { ...ANY, methods: ['GET'] }],
    ['GET,POST:a/c=b;max=7', { ...ANY, methods: ['GET', 'POST'], host: 'a', prefix: '/c', max: 7 }],
    ['/a;b=b;c', { ...ANY, prefix: '/a;b', to: 'b;c' }],
    ['=b', undefined],
    ['a', undefined],
    ['a=', undefined],
    ['get:*=b', undefined],
    ['a:80=b', undefined],
    ['a*=b', undefined],
    ['*a=b', undefined],
    ['*.*=b', undefined],
    ['*=b;max=0', undefined],
    ['* =b', undefined],
    ['*/a =b', undefined],
    ['http://a/=b', undefined],
  ] as const) {
    it(`${text} ${expected === undefined ? 'is none' : 'is one'}`, () => {
      expect(parseRoute(text)).to.deep.equal(expected);
    });
  }

  const ROUTES = new Routes(
    routesOf('POST:a.example/x=post', 'GET:/x=get', '*.a.example=below', 'a.example/x/=x', 'a.example=a', '/y=y'),
  );

  for (const [method, host, url, to] of [
    ['POST', 'a.example', '/x', 'post'],
    ['POST', 'a.example', '/x?y', 'post'],
    ['POST', 'a.example', '/x/y', 'post'],
    ['POST', 'a.example', '/xy', 'a'],
    ['PUT', 'a.example', '/x', 'a'],
    ['PUT', 'a.example', '/x/', 'x'],
    ['GET', 'b', '/x', 'get'],
    ['HEAD', 'b', '/x', 'get'],
    ['PUT', 'b', '/x', undefined],
    ['PUT', 'b.a.example', '/', 'below'],
    ['PUT', 'ba.example', '/', undefined],
    ['PUT', 'b', '/y', 'y'],
    ['PUT', 'b', '/z/../y', 'y'],
    ['PUT', 'b', '/%79', 'y'],
    ['PUT', 'b', '//y/z', 'y'],
    ['OPTIONS', '', '*', undefined],
  ] as const) {
    it(`${method} ${host} ${url} goes to ${to}`, () => {
      expect(ROUTES.find(method, host, url)?.to).to.equal(to);
    });
  }

  for (const [url, path] of [
    ['/', '/'],
    ['/a/b?c=/../d', '/a/b'],
    ['/a/./b/', '/a/b/'],
    ['/a/..', '/'],
    ['/../../a', '/a'],
    ['/a/b/..', '/a/'],
    ['/a//b', '/a/b'],
    ['/%61%2fb', '/a/b'],
    ['/%2e%2e/a', '/a'],
    ['/%2561', '/%61'],
    ['/%e9', '/%e9'],
    ['*', '*'],
  ] as const) {
    it(`${url} is routed as ${path}`, () => expect(pathOf(url)).to.equal(path));
  }

  it('a client that found no room is told when to come again, by how fast answers begin', () => {
    const route = new Route(defaultRoute('a'));
    route.waiting = 100;
    expect(route.retryAfter(0)).to.equal(60);
    for (let now = 0; now < 60_000; now += 100) route.answered(now);
    expect(route.retryAfter(60_000)).to.be.within(9, 11);
    route.waiting = 1;
    expect(route.retryAfter(60_000)).to.equal(1);
    route.waiting = 100;
    expect(route.retryAfter(600_000)).to.equal(60);
    route.waiting = 0;
    expect(route.retryAfter(1e12)).to.equal(1);
  });
});

allWays('http: requests on routes', () => {
  let world: HttpWorld;

  afterEach(() => world.stop());

  const begin = async (...texts: string[]) => {
    world = await HttpWorld.start({ settings: { routes: routesOf(...texts) } });
  };

  it('go where the first that matches says, and are taken back from there', async () => {
    await begin('GET:*=web', '*=other');
    const client = world.client('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    (await world.asked()).answer(OK);
    await client.until('ok');
    client.write('DELETE / HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => world.exchange.stats().messages === 1);
    client.reset();
    await eventually(() => world.exchange.stats().messages === 0);
    expect(world.listener('other').waiting).to.equal(0);
  });

  it('404 where none matches, and the connection goes on', async () => {
    await begin('GET:*=web');
    const client = world.client('DELETE / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await client.until('for this\n')).to.match(/^HTTP\/1\.1 404 Not Found\r\n/);
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    (await world.asked()).answer(OK);
    await client.until('ok');
  });

  it('404 with a body behind it: the connection is closed', async () => {
    await begin('GET:*=web');
    const client = world.client('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n');
    expect(await client.rest()).to.match(/^HTTP\/1\.1 404 Not Found\r\n[\s\S]*Connection: close\r\n/);
  });

  it('503 for one more than may wait there; elsewhere there is room', async () => {
    await begin('/a=web;max=1', '*=other');
    const first = world.client('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => world.proxy.open === 1);
    const second = world.client('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(undated(await second.until('waiting\n'))).to.match(/^HTTP\/1\.1 503 [\s\S]*\r\nRetry-After: 60\r\n/);
    second.write('GET /b HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => world.proxy.open === 2);
    (await world.asked()).answer('["200",[]]\nhello');
    await first.until('hello\r\n');
    const third = world.client('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
    (await world.asked()).answer(OK);
    await third.until('ok');
  });

  it('make room when their clients leave', async () => {
    await begin('*=web;max=1');
    for (let i = 0; i < 3; i++) {
      const client = world.client('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await eventually(() => world.exchange.stats().sent === i + 1);
      client.reset();
      await eventually(() => world.proxy.connections === 0);
    }
  });
});

allWays('http: a deadline for the queue', () => {
  let world: HttpWorld;

  afterEach(() => world.stop());

  it('503 for what no handler has taken by then', async () => {
    world = await HttpWorld.start({ settings: { queueTimeout: 5000 } });
    const client = world.client('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => world.exchange.stats().messages === 1);
    world.clock.advance(5100);
    expect(await client.until('in time\n')).to.match(/^HTTP\/1\.1 503 [\s\S]*no handler was free in time\n$/);
    expect(world.listener('web').waiting).to.equal(0);
  });

  it('what was taken has the time for its answer', async () => {
    world = await HttpWorld.start({ settings: { queueTimeout: 5000 } });
    const client = world.client('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const handler = world.leaser();
    const asked = await world.leased(handler);
    expect(asked.message.options.receipt).to.equal('done');
    world.clock.advance(29_000);
    asked.answer(OK);
    expect(await client.until('ok')).to.match(/^HTTP\/1\.1 200 OK/);
  });

  it('who waits to be asked for its body is asked at once', async () => {
    world = await HttpWorld.start({ settings: { queueTimeout: 5000 } });
    const client = world.client('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n');
    expect(await client.until('\r\n\r\n')).to.equal('HTTP/1.1 100 Continue\r\n\r\n');
  });

  it('a handler that gives it back after that: 502', async () => {
    world = await HttpWorld.start({ settings: { queueTimeout: 5000 } });
    const client = world.client('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const handler = world.leaser();
    await world.leased(handler);
    world.clock.advance(6000);
    handler.die();
    expect(await client.until('gone\n')).to.match(/^HTTP\/1\.1 502 /);
  });
});

allWays('http: an answer that has begun', () => {
  let world: HttpWorld;

  afterEach(() => world.stop());

  it('has all the time there is', async () => {
    world = await HttpWorld.start();
    const client = world.client('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const asked = await world.asked();
    asked.answer('["200",[]]\nhello');
    await client.until('hello\r\n');
    world.clock.advance(10 * 3600 * 1000);
    asked.answer('world', '');
    await client.until('0\r\n\r\n');
  });

  it('or as much as an option says, for each piece', async () => {
    world = await HttpWorld.start({ settings: { limits: { idle: 10_000 } } });
    const client = world.client('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const asked = await world.asked();
    const cancel = world.listener(asked.head.cancelAddr);
    asked.answer('["200",[]]\nhello');
    await client.until('hello\r\n');
    for (let i = 0; i < 5; i++) {
      world.clock.advance(9000);
      asked.answer('world');
      await client.until('world\r\n');
    }
    world.clock.advance(10_100);
    expect(await client.rest()).to.equal('');
    expect((await cancel.next()).body).to.equal('');
  });
});
