import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { connect as connectPlain, type Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import type { TcpSettings } from '../../../src/adapters/tcp/server.js';
import type { TlsSettings } from '../../../src/adapters/tcp/tls.js';
import { TestAccess } from '../../support/access.js';
import { type Certificate, Certificates } from '../../support/certificates.js';
import { EMPTY } from '../../support/exchange.js';
import { TcpBroker } from '../../support/tcp.js';
import { temporaryFolder } from '../../support/wire.js';

describe('TcpServer under TLS', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let broker: TcpBroker;
  let authority: Certificate;
  let own: Certificate;
  let client: Certificate;
  let stranger: Certificate;
  let sockets: Socket[] = [];

  before(function () {
    this.timeout(20_000);
    folder = temporaryFolder();
    const certificates = new Certificates(folder.path);
    authority = certificates.authority('authority');
    own = certificates.signed('broker', authority);
    client = certificates.signed('client', authority);
    stranger = certificates.signed('stranger', certificates.authority('somebody-else'));
  });

  after(() => folder.remove());

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets = [];
    await broker.stop();
    expect(broker.server.connections).to.equal(0);
  });

  async function start(
    tls: Partial<TlsSettings> = {},
    settings: Partial<TcpSettings> = {},
    access?: TestAccess,
  ): Promise<void> {
    const all = { ...own, ca: undefined, clientCerts: 'require', ...tls } as const;
    broker = new TcpBroker([{ host: '127.0.0.1', port: 0 }], { tls: all, ...settings }, access);
    await broker.server.start();
  }

  const port = () => (broker.server.addresses[0] as { readonly port: number }).port;

  function dial(options: ConnectionOptions = {}): TLSSocket {
    const ca = readFileSync(authority.cert);
    // Not in the types, but it is passed on.
    const halfOpen = { allowHalfOpen: true };
    const socket = connect({ host: '127.0.0.1', port: port(), ca, ...halfOpen, ...options });
    sockets.push(socket);
    return socket;
  }

  /** All that comes until the broker ends its side, or the connection. */
  async function all(socket: Socket): Promise<string> {
    let text = '';
    socket.setEncoding('latin1').on('data', (some: string) => {
      text += some;
    });
    // An error is seen as the end.
    await new Promise<void>((resolve) => {
      for (const event of ['end', 'close', 'error']) socket.on(event, () => resolve());
    });
    return text;
  }

  const credentials = ({ cert, key }: Certificate) => ({ cert: readFileSync(cert), key: readFileSync(key) });

  it('speaks both protocols, with bodies of any size', async () => {
    await start();
    const body = 'x'.repeat(3 * 1024 * 1024);
    const tagged = dial();
    await once(tagged, 'secureConnect');
    tagged.write(`>> 1 ${body.length} 60 a -\r\n${body}\r\n<< 2 0 a lease=5\r\n.\r\n`);
    const answer = await all(tagged);
    expect(answer.replace(/ delivery=\S+/, '').replace(body, 'BODY')).to.equal(
      `++ 1\r\n>> 2 ${body.length} 60 a - attempt=1\r\nBODY\r\n`,
    );
    const original = dial();
    original.end('> 1 60 b\r\nx\r\n< 0 b\r\n');
    expect(await all(original)).to.equal('> 1 60 b\r\nx\r\n');
    tagged.end();
    await broker.until(() => broker.server.connections === 0);
    expect(broker.exchange.stats()).to.include({ messages: 1, receivers: 0 });
  });

  it('speaks no version before 1.2', async () => {
    await start();
    const socket = dial({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' });
    const [error] = await once(socket, 'error');
    expect((error as NodeJS.ErrnoException).code).to.match(/PROTOCOL|ECONNRESET/);
  });

  it('ends who does not speak TLS, and says so in the log', async () => {
    await start();
    const socket = connectPlain(port(), '127.0.0.1');
    sockets.push(socket);
    socket.write('<< 1 0 a\r\n\r\n');
    expect(await all(socket)).to.not.match(/\*\*/);
    await broker.until(() => broker.log.lines.some(({ text }) => text === 'handshake failed'));
    expect(broker.server.connections).to.equal(0);
  });

  it('ends who begins no handshake in time', async () => {
    await start({}, { authTimeout: 100 });
    const socket = connectPlain(port(), '127.0.0.1');
    sockets.push(socket);
    expect(await all(socket)).to.equal('');
  });

  it('counts those in a handshake', async () => {
    await start({}, { maxConnections: 1, authTimeout: 300 });
    const silent = connectPlain(port(), '127.0.0.1');
    sockets.push(silent);
    await once(silent, 'connect');
    await broker.until(() => broker.server.full);
    const [error] = await once(dial(), 'error');
    expect((error as NodeJS.ErrnoException).code).to.equal('ECONNRESET');
    await all(silent);
    await broker.until(() => !broker.server.full);
    const socket = dial();
    await once(socket, 'secureConnect');
    await broker.until(() => broker.server.full);
    socket.destroy();
    await broker.until(() => !broker.server.full);
  });

  it('stops also while somebody is in a handshake', async () => {
    await start();
    const silent = connectPlain(port(), '127.0.0.1');
    sockets.push(silent);
    await once(silent, 'connect');
    const socket = dial();
    socket.write('<< 1 60 a\r\n');
    await broker.until(() => broker.exchange.stats().receivers === 1);
    const stopped = broker.server.stop();
    await all(socket);
    socket.end();
    await stopped;
    await all(silent);
    expect(broker.exchange.stats()).to.include(EMPTY);
  });

  for (const [clientCerts, who, heard] of [
    ['require', 'client', true],
    ['require', 'stranger', false],
    ['require', 'nobody', false],
    ['allow', 'client', true],
    ['allow', 'stranger', false],
    ['allow', 'nobody', true],
  ] as const) {
    it(`(${clientCerts} certificates) ${heard ? 'lets in' : 'turns away'} ${who}`, async () => {
      await start({ ca: authority.cert, clientCerts });
      const socket = dial(who === 'nobody' ? {} : credentials(who === 'client' ? client : stranger));
      socket.end('<< 1 0 a\r\n');
      expect(await all(socket)).to.equal(heard ? '** 1\r\n' : '');
    });
  }

  it('wants a token behind it, where tokens are used', async () => {
    await start({}, {}, new TestAccess());
    const socket = dial();
    socket.end('<< 1 0 jobs.a\r\n!! 2 worker-token\r\n<< 3 0 jobs.a\r\n');
    expect((await all(socket)).split('\r\n').map((line) => line.slice(0, 17))).to.deep.equal([
      '-- 1 unauthorized',
      '++ 2 v=2 line=819',
      '** 3',
      '',
    ]);
  });

  it('takes up new certificates for those who connect later, and keeps the old ones where the new are wrong', async () => {
    const [cert, key] = [folder.path('renewed.pem'), folder.path('renewed.key')];
    copyFileSync(own.cert, cert);
    copyFileSync(own.key, key);
    await start({ cert, key });
    const name = async () => {
      const socket = dial();
      await once(socket, 'secureConnect');
      return socket.getPeerCertificate().subject.CN;
    };
    expect(await name()).to.equal('broker');
    copyFileSync(client.cert, cert);
    expect(() => broker.server.reload()).to.throw(`${cert} and ${key} make no certificate: `);
    expect(await name()).to.equal('broker');
    copyFileSync(client.key, key);
    broker.server.reload();
    expect(await name()).to.equal('client');
  });

  it('does not start with certificates that are not in order', async () => {
    await start();
    const bad = folder.path('bad.pem');
    writeFileSync(bad, 'no certificate');
    for (const [files, expected] of [
      [{ cert: bad }, `${bad} and ${own.key} make no certificate: `],
      [{ cert: folder.path('none') }, `cannot read the certificate ${folder.path('none')}: ENOENT`],
      [{ ca: bad }, `there is no certificate in ${bad}: `],
      [{ ca: own.key }, `there is no certificate in ${own.key}: `],
    ] as const) {
      const tls = { ...own, ca: undefined, ...files, clientCerts: 'require' } as const;
      const other = new TcpBroker([{ host: '127.0.0.1', port: 0 }], { tls });
      const error = await other.server.start().then(
        () => undefined,
        (cause: Error) => cause,
      );
      expect(error?.message).to.include(expected);
      await other.stop();
    }
  });
});
