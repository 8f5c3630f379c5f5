import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { type Application, serve } from '../../../src/client/http/index.js';
import { FakeBroker, type Heard } from '../fake-broker.js';

const REPLY = '~proxy~1';

describe('serving web requests of a broker that fails', () => {
  let broker: FakeBroker;
  let stop: AbortController;
  let served: Promise<void>;
  let errors: unknown[];
  /** Commands that were heard and not asked for. */
  let heard: Heard[];

  beforeEach(async () => {
    broker = await FakeBroker.start();
    stop = new AbortController();
    errors = [];
    heard = [];
  });

  afterEach(async () => {
    broker.takes = ({ tag, say }) => {
      if (tag !== '') say(`** ${tag}\r\n`);
      return true;
    };
    for (const { command, tag, say } of heard) if (command.kind === 'receive') say(`** ${tag}\r\n`);
    stop.abort();
    await served;
    await broker.stop();
  });

  function start(application: Application): void {
    const onError = (error: unknown) => errors.push(error);
    const reconnect = { min: 0, max: 0 };
    served = serve(application, {
      broker: broker.address,
      signal: stop.signal,
      drainTimeout: 0,
      reconnect,
      onError,
      idle: 0,
    });
  }

  /** The first command of this kind that was not asked for yet, whatever came before it. */
  async function next(kind: Heard['command']['kind']): Promise<Heard> {
    for (;;) {
      const at = heard.findIndex(({ command }) => command.kind === kind);
      if (at !== -1) return heard.splice(at, 1)[0] as Heard;
      heard.push(await broker.next());
    }
  }

  /** Hands out a request for `url`. */
  function deliver({ tag, say }: Heard, delivery: string, url: string): void {
    const request = JSON.stringify({ v: 2, method: 'GET', url, protocol: 'HTTP/1.1', headers: ['Host', 'a'] });
    const line = `>> ${tag} ${request.length} 180 msglite.httpRequests ${REPLY} attempt=1 delivery=@${delivery}`;
    say(`${line}\r\n${request}\r\n`);
  }

  function bodyOf({ command }: Heard): string {
    return command.kind === 'send' ? command.body : command.kind;
  }

  /** It takes requests again, and answers them. */
  async function expectToGoOn(receive: Heard): Promise<void> {
    deliver(receive, 'last', '/last');
    const answer = await next('send');
    expect(bodyOf(answer)).to.match(/^\["200.*\]\nlast$/);
    answer.say(`++ ${answer.tag}\r\n`);
    expect((await next('done')).command).to.have.property('delivery', '@last');
  }

  const LAST = () => new Response('last');

  it('aborts what it works on when its lease is lost, and sends nothing of it', async () => {
    let finish: () => void = () => undefined;
    let signal: AbortSignal | undefined;
    start((request: Request) => {
      if (request.url.endsWith('/last')) return LAST();
      signal = request.signal;
      return new Promise<Response>((resolve) => {
        finish = () => resolve(new Response('too late'));
      });
    });
    const receive = await next('receive');
    deliver(receive, 'first', '/');
    while (signal === undefined) await new Promise((resolve) => setImmediate(resolve));
    const aborted = once(signal, 'abort');
    receive.say('-- @first no-such-delivery its lease is over\r\n');
    await aborted;
    expect(signal.reason).to.have.property('message', 'somebody else has the request');
    finish();
    await expectToGoOn(receive);
    expect(errors).to.deep.equal([]);
  });

  it('closes the connection of a request listener when its lease is lost', async () => {
    const came = new Promise<[IncomingMessage, ServerResponse]>((resolve) => {
      start((request: IncomingMessage, response: ServerResponse) => {
        if (request.url === '/last') response.end('last');
        else resolve([request, response]);
      });
    });
    const receive = await next('receive');
    deliver(receive, 'first', '/');
    const [, response] = await came;
    response.write('begun');
    const begun = await next('send');
    expect(bodyOf(begun)).to.match(/\]\nbegun$/);
    begun.say(`++ ${begun.tag}\r\n`);
    const closed = once(response, 'close');
    receive.say('-- @first no-such-delivery its lease is over\r\n');
    await closed;
    expect(response.writableFinished).to.equal(false);
    await expectToGoOn(receive);
  });

  it('sends a whole answer again whose receipt was lost with the connection', async () => {
    start(LAST);
    deliver(await next('receive'), 'first', '/');
    const first = await next('send');
    broker.cut();
    expect((await next('keep')).command).to.have.property('delivery', '@first');
    const again = await next('send');
    expect(again.connection).to.be.greaterThan(first.connection);
    expect(again.command).to.include({ to: REPLY, body: bodyOf(first) });
    again.say(`++ ${again.tag}\r\n`);
    expect((await next('done')).command).to.have.property('delivery', '@first');
    await expectToGoOn(await next('receive'));
  });

  it('breaks off an answer in the middle of which the connection was lost, and gives its request back', async () => {
    let cancelled: (reason: unknown) => void = () => undefined;
    const over = new Promise((resolve) => {
      cancelled = resolve;
    });
    start((request: Request) => {
      if (request.url.endsWith('/last')) return LAST();
      const pull = (controller: ReadableStreamDefaultController) => controller.enqueue(Buffer.from('piece'));
      return new Response(new ReadableStream({ pull, cancel: cancelled }, { highWaterMark: 0 }));
    });
    deliver(await next('receive'), 'first', '/');
    await next('send');
    broker.cut();
    await over;
    expect((await next('give-back')).command).to.have.property('delivery', '@first');
    const receive = await next('receive');
    // No piece is sent again: where others were lost they are of no use.
    const sent = heard.filter(({ command }) => command.kind === 'send');
    expect(sent.filter(({ connection }) => connection === receive.connection)).to.deep.equal([]);
    heard = heard.filter((one) => !sent.includes(one));
    await expectToGoOn(receive);
    expect(errors).to.deep.equal([]);
  });

  it('reports why an answer was refused, and gives its request back', async () => {
    start(LAST);
    const receive = await next('receive');
    deliver(receive, 'first', '/');
    const answer = await next('send');
    answer.say(`-- ${answer.tag} full too many messages wait\r\n`);
    expect((await next('give-back')).command).to.have.property('delivery', '@first');
    expect(errors.map(String)).to.deep.equal(['MsgliteError: full: too many messages wait']);
    await expectToGoOn(receive);
  });

  it('stops working on what the broker does not know any more when it is back', async () => {
    let signal: AbortSignal | undefined;
    start((request: Request) => {
      if (request.url.endsWith('/last')) return LAST();
      signal = request.signal;
      return new Promise<Response>(() => undefined);
    });
    deliver(await next('receive'), 'first', '/');
    while (signal === undefined) await new Promise((resolve) => setImmediate(resolve));
    const aborted = once(signal, 'abort');
    await broker.down();
    await broker.up();
    const keep = await next('keep');
    keep.say('-- @first no-such-delivery it is not known\r\n');
    await aborted;
    await expectToGoOn(await next('receive'));
  });
});
