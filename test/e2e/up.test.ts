import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { LineClient } from '../support/line-client.js';
import { BrokerProcess, TestFolder } from '../support/process.js';

/** Refused by the proxy itself: HTTP/1.1 wants a Host. */
const BAD_REQUEST = 'GET / HTTP/1.1\r\n\r\n';

describe('msglite up', () => {
  let folder: TestFolder;
  let path: string;
  let web: string;
  let up: BrokerProcess;

  beforeEach(() => {
    folder = new TestFolder();
    path = folder.file('socket');
    web = folder.file('web');
  });

  afterEach(async () => {
    // Its children close our pipe last, so that nothing outlives the test.
    await up.end('SIGTERM');
    folder.remove();
  });

  function run(...options: string[]): BrokerProcess {
    const http = ['--http-network', 'unix', '--http-address', web];
    up = new BrokerProcess(['up', '--address', path, ...http, ...options]);
    return up;
  }

  async function start(...options: string[]): Promise<void> {
    await run('--journal', folder.file('journal.db'), ...options).logged(/ up broker=/);
  }

  /** The process of that name that was started last. */
  function pid(name: 'broker' | 'proxy'): number {
    const started = [...up.log.matchAll(new RegExp(` started process=${name} pid=(\\d+)`, 'g'))];
    return Number(started.at(-1)?.[1]);
  }

  /** Resolves when another broker takes connections. */
  async function nextBroker(before: number): Promise<void> {
    await up.logged(
      new RegExp(`started process=broker pid=(?!${before}\\b)(\\d+).* starting pid=\\1 .* listening on=`, 's'),
    );
  }

  async function keep(body: string): Promise<void> {
    const client = await LineClient.connect({ path });
    await client.send(`> ${body.length} 60 kept\r\n${body}\r\n.\r\n`);
    await client.closed;
  }

  async function kept(): Promise<string> {
    const client = await LineClient.connect({ path });
    await client.send('< 0 kept\r\n');
    const { body } = await client.message();
    await client.close();
    return body;
  }

  async function webClient(): Promise<Socket> {
    const socket = connect(web);
    await once(socket, 'connect');
    return socket;
  }

  async function refused(socket: Socket): Promise<string> {
    socket.write(BAD_REQUEST);
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return bytes.toString().slice(0, 12);
  }

  it('runs both, and ends the proxy before the broker', async () => {
    await start();
    expect(await refused(await webClient())).to.equal('HTTP/1.1 400');
    expect(await up.end('SIGTERM')).to.equal(0);
    expect(up.log).to.match(/ended process=proxy code=0\n.* ended process=broker code=0\n$/s);
  });

  it('SIGKILL of the broker: there is a new one, with what was queued', async () => {
    await start();
    await keep('still here');
    const before = pid('broker');
    process.kill(before, 'SIGKILL');
    await nextBroker(before);
    expect(await kept()).to.equal('still here');
    expect(up.log.match(/started process=proxy/g)).to.have.length(1);
  });

  it('SIGHUP: the same, and web clients stay connected', async () => {
    await start();
    await keep('still here');
    const client = await webClient();
    const before = pid('broker');
    up.signal('SIGHUP');
    await nextBroker(before);
    expect(await kept()).to.equal('still here');
    expect(await refused(client)).to.equal('HTTP/1.1 400');
    expect(up.log).to.match(new RegExp(`replacing process=broker pid=${before}`));
  });

  it('SIGHUP with options that make no sense: the broker stays', async () => {
    const config = folder.file('msglite.toml');
    writeFileSync(config, 'drain-timeout = 1\n');
    await start('--config', config);
    await keep('still here');
    const before = pid('broker');
    writeFileSync(config, 'drian-timeout = 1\n');
    up.signal('SIGHUP');
    await up.logged(/ not replaced why=.*drian-timeout/);
    writeFileSync(config, `listen = "unix:${folder.file('elsewhere')}"\n`);
    up.signal('SIGHUP');
    await up.logged(/ not replaced why="where the broker listens/);
    expect(await kept()).to.equal('still here');
    expect(pid('broker')).to.equal(before);
  });

  it('SIGKILL of a proxy: who connects meanwhile is served by the next', async () => {
    await start();
    const before = pid('proxy');
    process.kill(before, 'SIGKILL');
    const client = await webClient();
    expect(await refused(client)).to.equal('HTTP/1.1 400');
    expect(pid('proxy')).not.to.equal(before);
  });

  it('several proxies share one address', async () => {
    await start('--http-proxies', '2');
    const [first] = [...up.log.matchAll(/started process=proxy pid=(\d+)/g)];
    process.kill(Number(first?.[1]), 'SIGSTOP');
    try {
      for (let n = 0; n < 4; n++) {
        const client = await webClient();
        client.write(BAD_REQUEST);
        const answered = await Promise.race([once(client, 'data').then(() => true), up.ended()]);
        client.destroy();
        expect(answered).to.equal(true);
      }
    } finally {
      process.kill(Number(first?.[1]), 'SIGCONT');
    }
  });

  it('SIGKILL of the supervisor: its processes finish, and end', async () => {
    await start();
    expect(await up.end('SIGKILL')).to.equal('SIGKILL');
    expect(up.log.match(/ stopped\n/g)).to.have.length(2);
  });

  it('a second signal ends all at once', async () => {
    await start('--drain-timeout', '60');
    const asker = await LineClient.connect({ path });
    await asker.send('? 1 60 nobody\r\nx\r\n');
    up.signal('SIGTERM');
    await up.logged(/ended process=proxy code=0/);
    expect(await up.end('SIGINT')).to.equal(1);
    expect(up.log).to.match(/ended process=broker signal=SIGKILL/);
    await asker.closed;
  });

  it('a broker that can not start: ends with its exit code', async () => {
    expect(await run('--journal', folder.file('no/folder/journal.db')).ended()).to.equal(1);
    expect(up.log).to.match(/msglite: the journal .* there is no folder/);
    expect(up.log.match(/started process=/g)).to.have.length(1);
  });

  it('an address for web clients that is taken: nothing is started', async () => {
    const other = createServer().listen(web);
    await once(other, 'listening');
    expect(await run().ended()).to.equal(1);
    expect(up.log).to.match(/^msglite: cannot listen on unix:.*\n$/);
    other.close();
    rmSync(web, { force: true });
  });
});
