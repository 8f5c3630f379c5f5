import { once } from 'node:events';
import { get, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { LineClient } from '../support/line-client.js';
import { BrokerProcess, TestFolder } from '../support/process.js';

const READY = '< 10 msglite.httpRequests\r\n';

/** The reply of a handler, in one message. */
function reply(to: string, body: string): string {
  const message = `${JSON.stringify(['200', ['Content-Type', 'text/plain', 'Content-Length', String(body.length)]])}\n${body}`;
  return `> ${message.length} 10 ${to}\r\n${message}\r\n`;
}

describe('web requests through a broker', () => {
  let folder: TestFolder;
  let broker: BrokerProcess;
  let web: RequestOptions;
  let path: string;
  let handlers: LineClient[];

  beforeEach(async () => {
    folder = new TestFolder();
    handlers = [];
    path = folder.file('socket');
    const options = ['--address', path, '--http-network', 'unix', '--http-address', folder.file('http')];
    broker = await new BrokerProcess(options).listening(2);
    web = { socketPath: folder.file('http'), agent: false };
  });

  afterEach(async () => {
    for (const handler of handlers) await handler.close();
    await broker.end();
    folder.remove();
  });

  async function handler(): Promise<LineClient> {
    const client = await LineClient.connect({ path });
    handlers.push(client);
    return client;
  }

  async function ask(url: string): Promise<{ status: number | undefined; body: string }> {
    const [response] = (await once(get({ ...web, path: url }), 'response')) as [IncomingMessage];
    return { status: response.statusCode, body: await text(response) };
  }

  /** The next request that this handler gets: its URL, and where the reply goes. */
  async function take(client: LineClient): Promise<{ url: string; replyTo: string }> {
    await client.send(READY);
    const { words, body } = await client.message();
    return { url: JSON.parse(body.split('\n', 1)[0] as string).url, replyTo: words[4] as string };
  }

  it('a request is answered by a second client, to which the first gave the reply address', async () => {
    const [first, second] = [await handler(), await handler()];
    const answered = ask('/handed-on');
    const { url, replyTo } = await take(first);
    await first.send(`> ${replyTo.length} 10 others\r\n${replyTo}\r\n`);
    await second.send('< 10 others\r\n');
    const { body } = await second.message();
    await second.send(reply(body, `answer to ${url}`));
    expect(await answered).to.deep.equal({ status: 200, body: 'answer to /handed-on' });
  });

  it('ten requests are answered in reverse order', async () => {
    const client = await handler();
    const order: string[] = [];
    const answered = Array.from({ length: 10 }, async (_, n) => {
      const { body } = await ask(`/${n}`);
      order.push(body);
      return body;
    });
    const taken: { url: string; replyTo: string }[] = [];
    for (let n = 0; n < 10; n++) taken.push(await take(client));
    for (const { url, replyTo } of taken.reverse()) {
      const before = order.length;
      await client.send(reply(replyTo, url));
      while (order.length === before) await Promise.race(answered.filter((_, n) => !order.includes(`/${n}`)));
    }
    expect(order).to.deep.equal(taken.map(({ url }) => url));
    expect(await Promise.all(answered)).to.deep.equal(Array.from({ length: 10 }, (_, n) => `/${n}`));
  });

  it('a request waits while no handler is there, and is answered when one comes', async () => {
    const first = await handler();
    const before = ask('/first');
    await first.send(reply((await take(first)).replyTo, 'one'));
    expect((await before).body).to.equal('one');
    await first.close();
    const waiting = ask('/second');
    const second = await handler();
    await second.send(reply((await take(second)).replyTo, 'two'));
    expect((await waiting).body).to.equal('two');
  });

  it('SIGTERM: what is in flight is answered, then the broker exits with 0', async () => {
    const client = await handler();
    const answered = ask('/last');
    const { replyTo } = await take(client);
    const ended = broker.end('SIGTERM');
    await client.send(reply(replyTo, 'done'));
    expect(await answered).to.deep.equal({ status: 200, body: 'done' });
    expect(await ended).to.equal(0);
  });

  it('a handler of 2010: envelope 1, with the body in a message of its own', async () => {
    await broker.end();
    const options = [
      '-address',
      path,
      '-http-network',
      'unix',
      '-http-address',
      folder.file('http'),
      '--http-envelope',
      '1',
    ];
    broker = await new BrokerProcess(options).listening(2);
    const client = await handler();
    const post = httpRequest({ ...web, method: 'POST', path: '/form', headers: { 'X-Twice': ['a', 'b'] } });
    post.end('name=value');
    await client.send(READY);
    const { words, body } = await client.message();
    const head = JSON.parse(body);
    expect(Object.keys(head)).to.deep.equal(['method', 'url', 'protocol', 'headers', 'bodyAddr']);
    expect(head).to.include({ method: 'POST', url: '/form', protocol: 'HTTP/1.1' });
    expect(head.headers).to.include({ 'X-Twice': 'a,b' });
    await client.send(`< 10 ${head.bodyAddr}\r\n`);
    expect((await client.message()).body).to.equal('name=value');
    const pieces = [
      '["201",["Content-Type","text/plain","Set-Cookie","a=1","Set-Cookie","b=2"]]',
      'first, ',
      'second',
      '',
    ];
    for (const piece of pieces) {
      await client.send(`> ${piece.length} 10 ${words[4]}\r\n${piece === '' ? '' : `${piece}\r\n`}`);
    }
    const [response] = (await once(post, 'response')) as [IncomingMessage];
    expect(response.statusCode).to.equal(201);
    expect(response.headers['set-cookie']).to.deep.equal(['a=1', 'b=2']);
    expect(await text(response)).to.equal('first, second');
  });
});
