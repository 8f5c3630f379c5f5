import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { type HttpServeOptions, serve } from '../../../src/client/http/index.js';
import { type Client, connect } from '../../../src/client/index.js';
import type { TcpBroker } from '../../support/tcp.js';
import { Trusted } from '../../support/trusted.js';
import { codeOf } from '../support.js';

const ADDRESS = 'jobs.web';

describe('serving web requests of a broker with TLS and tokens', () => {
  let trusted: Trusted;
  let broker: TcpBroker;
  /** Sends what a proxy would. */
  let proxy: Client;

  before(function () {
    this.timeout(20_000);
    trusted = new Trusted();
  });

  after(() => trusted.remove());

  beforeEach(async () => {
    broker = await trusted.broker();
    proxy = await connect({ ...options('admin-token'), address: options('').broker });
  });

  afterEach(async () => {
    await proxy.close();
    await broker.stop();
  });

  function options(token: string) {
    const { port } = broker.server.addresses[0] as { readonly port: number };
    return { broker: `tcp:127.0.0.1:${port}`, token, tls: trusted.tls };
  }

  function served(given: HttpServeOptions): Promise<void> {
    return serve(async (request: Request) => new Response(`got ${await request.text()}`), {
      address: ADDRESS,
      ...given,
    });
  }

  it('needs no more than the right to receive: it may answer what it got, and take its body', async () => {
    const stop = new AbortController();
    const serving = served({ ...options('worker-token'), signal: stop.signal });
    const bodyAddr = 'reply:AAAAAAAAAAAAAAAAAAAAAA';
    const request = { v: 2, method: 'POST', url: '/', protocol: 'HTTP/1.1', headers: ['Host', 'a'], bodyAddr };
    const asked = proxy.query(ADDRESS, JSON.stringify(request));
    for (const piece of ['a ', 'body', '']) await proxy.send(bodyAddr, piece);
    expect((await asked)?.text()).to.match(/^\["200",.*\]\ngot a body$/);
    stop.abort();
    await serving;
  });

  it('fails if it is not let in, or may not receive', async () => {
    expect(await codeOf(served(options('no-such-token')))).to.equal('unauthorized');
    expect(await codeOf(served(options('sender-token')))).to.equal('forbidden');
    expect(await codeOf(served({ ...options('worker-token'), address: 'elsewhere' }))).to.equal('forbidden');
    const { broker: at, token } = options('worker-token');
    expect(await codeOf(served({ broker: at, token, tls: true, wait: false }))).to.equal('unreachable');
  });
});
