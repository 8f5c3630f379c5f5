import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { serve } from '../../../src/client/http/index.js';
import { connect } from '../../../src/client/index.js';
import { codeOf } from '../support.js';
import { ask, ServedWorld } from './world.js';

/** A request listener that leaves its answers to the test. */
class Desk {
  readonly urls: (string | undefined)[] = [];
  readonly #responses = new Map<string | undefined, ServerResponse>();
  #wake: () => void = () => undefined;

  readonly listener = (request: IncomingMessage, response: ServerResponse): void => {
    this.urls.push(request.url);
    this.#responses.set(request.url, response);
    this.#wake();
  };

  /** The response to a request, once it has come. */
  async response(url: string): Promise<ServerResponse> {
    for (;;) {
      const response = this.#responses.get(url);
      if (response !== undefined) return response;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

describe('serving web requests', () => {
  let world: ServedWorld;
  let desk: Desk;

  beforeEach(async () => {
    world = await ServedWorld.start();
    desk = new Desk();
  });

  afterEach(() => world.stop());

  /** Returns when a request waits in the broker: nobody has taken it. */
  async function oneWaits(): Promise<void> {
    const { control } = await world.client();
    while ((await control.stats()).messages !== 1);
  }

  it('works on no more requests at a time than it may', async () => {
    world.serve(desk.listener, { concurrency: 2 });
    const first = ask(world.port, 'GET /1');
    await desk.response('/1');
    const second = ask(world.port, 'GET /2');
    await desk.response('/2');
    const third = ask(world.port, 'GET /3');
    await oneWaits();
    expect(desk.urls).to.deep.equal(['/1', '/2']);
    (await desk.response('/2')).end('two');
    expect(await second.whole()).to.match(/two$/);
    (await desk.response('/3')).end('three');
    expect(await third.whole()).to.match(/three$/);
    (await desk.response('/1')).end('one');
    expect(await first.whole()).to.match(/one$/);
  });

  it('finishes what it has when told to stop, and leaves the rest to the next', async () => {
    const stop = world.serve(desk.listener, { drainTimeout: 30 });
    const begun = ask(world.port, 'GET /begun');
    const response = await desk.response('/begun');
    response.write('one, ');
    await begun.until('one, ');
    const stopped = stop();
    const later = ask(world.port, 'GET /later');
    await oneWaits();
    response.end('two');
    await stopped;
    expect(await begun.whole()).to.match(/one, [\s\S]*two\r\n0\r\n\r\n$/);
    expect(desk.urls).to.deep.equal(['/begun']);
    world.serve(desk.listener);
    (await desk.response('/later')).end('three');
    expect(await later.whole()).to.match(/three$/);
  });

  it('breaks off what takes too long then, and gives back what was not begun', async () => {
    const stop = world.serve(desk.listener, { drainTimeout: 0 });
    const begun = ask(world.port, 'GET /begun');
    const response = await desk.response('/begun');
    response.write('one');
    await begun.until('one');
    const untouched = ask(world.port, 'GET /untouched');
    await desk.response('/untouched');
    await stop();
    expect(await begun.whole()).to.match(/3\r\none\r\n$/);
    expect(response.writableFinished).to.equal(false);
    world.serve((_request, answer) => answer.end('by another'));
    expect(await untouched.whole()).to.match(/^HTTP\/1\.1 200 [\s\S]*by another$/);
  });

  it('finishes what it has on SIGTERM, and closes the client that it was given', async () => {
    const others = process.listeners('SIGTERM');
    const client = await connect({ address: world.broker });
    const served = serve(desk.listener, { broker: client });
    const begun = ask(world.port, 'GET /begun');
    const response = await desk.response('/begun');
    // The test's own process gets no signal: others would listen, too.
    const ours = process.listeners('SIGTERM').filter((listener) => !others.includes(listener));
    expect(ours.length).to.equal(1);
    ours[0]?.('SIGTERM');
    const later = ask(world.port, 'GET /later');
    await oneWaits();
    response.end('finished');
    await served;
    expect(await begun.whole()).to.match(/finished$/);
    expect(await codeOf(client.send('a', 'x'))).to.equal('closed');
    expect(process.listeners('SIGTERM')).to.deep.equal(others);
    expect(desk.urls).to.deep.equal(['/begun']);
    world.serve(desk.listener);
    (await desk.response('/later')).end('by another');
    expect(await later.whole()).to.match(/by another$/);
  });

  it('leaves SIGTERM to others if told so', async () => {
    const listeners = process.listenerCount('SIGTERM');
    world.serve(desk.listener, { signals: false });
    ask(world.port, 'GET /').socket.unref();
    await desk.response('/');
    expect(process.listenerCount('SIGTERM')).to.equal(listeners);
  });

  it('does not begin if it was told to stop before', async () => {
    await serve(desk.listener, { broker: world.broker, signal: AbortSignal.abort() });
    expect(desk.urls).to.deep.equal([]);
  });
});
