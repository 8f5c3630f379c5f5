import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { type Client, type ConnectOptions, connect } from '../../src/client/index.js';
import type { TcpBroker } from '../support/tcp.js';
import { Trusted } from '../support/trusted.js';
import { codeOf } from './support.js';

describe('a client of a broker with TLS and tokens', () => {
  let trusted: Trusted;
  let broker: TcpBroker;
  let clients: Client[];

  before(function () {
    this.timeout(20_000);
    trusted = new Trusted();
  });

  after(() => trusted.remove());

  beforeEach(async () => {
    clients = [];
    broker = await trusted.broker();
  });

  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await broker.stop();
  });

  async function connected(options: Partial<ConnectOptions>): Promise<Client> {
    const { port } = broker.server.addresses[0] as { readonly port: number };
    const client = await connect({ address: `tcp:127.0.0.1:${port}`, ...options });
    clients.push(client);
    return client;
  }

  it('is let in with certificate and token, and may do what that allows', async () => {
    const sender = await connected({ tls: trusted.tls, token: 'sender-token' });
    const worker = await connected({ tls: trusted.tls, token: 'worker-token' });
    await sender.send('jobs.a', 'x');
    expect((await worker.ready('jobs.a'))?.text()).to.equal('x');
    expect(await codeOf(worker.send('jobs.a', 'x'))).to.equal('forbidden');
    expect(await codeOf(sender.control.stats())).to.equal('forbidden');
    expect(await codeOf(sender.ready('jobs.a'))).to.equal('forbidden');
  });

  it('is told what it lacks', async () => {
    expect(await codeOf(connected({ tls: trusted.tls, token: 'no-such-token' }))).to.equal('unauthorized');
    expect(await codeOf(connected({ tls: trusted.tls }))).to.equal('unauthorized');
    expect(await codeOf(connected({ tls: { ca: trusted.tls.ca }, token: 'sender-token' }))).to.equal('unreachable');
    expect(await codeOf(connected({ tls: true, token: 'sender-token' }))).to.equal('unreachable');
    const { ca } = trusted.tls;
    const error = await connected({ tls: { ca }, token: 'sender-token' }).catch((cause: Error) => cause);
    expect(error)
      .to.have.property('message')
      .that.matches(/^no broker at tcp:[\d.:]+: [\w ]+$/);
    expect(await codeOf(connected({ token: 'sender-token' }))).to.be.oneOf(['unreachable', 'protocol']);
  });
});
