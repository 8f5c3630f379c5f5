import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, Server } from 'node:net';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { listen, showAddress } from '../../../src/adapters/tcp/listen.js';
import { temporaryFolder, WireClient } from '../../support/wire.js';

describe('listen', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let servers: Server[];
  let path: string;

  beforeEach(() => {
    folder = temporaryFolder();
    path = folder.path('socket');
    servers = [];
  });

  afterEach(async () => {
    for (const server of servers) {
      if (!server.listening) continue;
      server.close();
      await once(server, 'close');
    }
    folder.remove();
  });

  /** Tries to listen on the path; says what was wrong, or nothing. Each connection is told which server it has. */
  const attempt = async (name = 'one', at = path): Promise<string> => {
    const server = createServer((socket) => {
      // Who only looks whether somebody is there does not wait for the answer.
      socket.on('error', () => socket.destroy());
      socket.end(name);
    });
    servers.push(server);
    return listen(server, { path: at, mode: 0o660 }).then(
      () => '',
      ({ message }: Error) => message,
    );
  };

  const whoAnswers = async () => {
    const client = await WireClient.connect(path);
    const name = await client.all();
    await client.close();
    return name;
  };

  /** The socket file of a process that was killed. */
  const leaveStale = () => {
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    expect(lstatSync(path).isSocket()).to.equal(true);
  };

  it('makes the socket file', async () => {
    expect(await attempt()).to.equal('');
    expect(lstatSync(path).mode & 0o777).to.equal(0o660);
    expect(await whoAnswers()).to.equal('one');
  });

  it('replaces the file of a broker that died', async () => {
    leaveStale();
    expect(await attempt()).to.equal('');
    expect(await whoAnswers()).to.equal('one');
    expect(readdirSync(dirname(path))).to.deep.equal(['socket']);
  });

  it('never robs a live broker', async () => {
    await attempt('first');
    expect(await attempt('second')).to.equal(`cannot listen on unix:${path}: another broker is running there`);
    expect(await whoAnswers()).to.equal('first');
  });

  it('lets one of several begin that find the same stale file', async () => {
    for (let round = 0; round < 5; round++) {
      leaveStale();
      const messages = await Promise.all(['a', 'b', 'c', 'd'].map((name) => attempt(name)));
      expect(messages.filter((message) => message === '')).to.have.length(1);
      const name = ['a', 'b', 'c', 'd'][messages.indexOf('')];
      expect(await whoAnswers()).to.equal(name);
      for (const server of servers.splice(0)) {
        if (!server.listening) continue;
        server.close();
        await once(server, 'close');
      }
    }
  });

  it('refuses a path that the system would cut off', async () => {
    path = join(dirname(path), 'x'.repeat(120));
    expect(await attempt()).to.match(/: a socket file's path has at most \d+ bytes$/);
    expect(readdirSync(dirname(path))).to.deep.equal([]);
  });

  it('refuses a file that is no socket, and leaves it as it is', async () => {
    writeFileSync(path, 'precious');
    chmodSync(path, 0o600);
    expect(await attempt()).to.equal(
      `cannot listen on unix:${path}: there is a file in its place that is not a socket`,
    );
    expect(readFileSync(path, 'utf8')).to.equal('precious');
  });

  it('says when the folder is not there', async () => {
    const at = folder.path('nowhere/socket');
    const nowhere = folder.path('nowhere');
    expect(await attempt('one', at)).to.equal(
      `cannot listen on unix:${at}: there is no folder ${nowhere}; make it first`,
    );
    expect(existsSync(at)).to.equal(false);
  });

  it('says when a port is taken', async () => {
    const first = new Server();
    servers.push(first);
    await listen(first, { host: '127.0.0.1', port: 0 });
    const { port } = first.address() as { port: number };
    const error = await listen(new Server(), { host: '127.0.0.1', port }).catch((cause: Error) => cause);
    expect(error).to.be.instanceOf(Error);
    expect((error as Error).message).to.equal(
      `cannot listen on tcp:127.0.0.1:${port}: another program is listening there`,
    );
  });

  it('shows addresses as users write them', () => {
    expect(showAddress({ path: '/tmp/x', mode: 0 })).to.equal('unix:/tmp/x');
    expect(showAddress({ host: 'localhost', port: 1 })).to.equal('tcp:localhost:1');
    expect(showAddress({ host: '::1', port: 2 })).to.equal('tcp:[::1]:2');
  });
});
