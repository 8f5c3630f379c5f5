import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { ListenAddress } from '../../../src/adapters/tcp/listen.js';
import { type HeldSocket, hold } from '../../../src/app/supervisor/held.js';
import { TestFolder } from '../../support/process.js';

describe('a socket that is held', () => {
  let folder: TestFolder;
  let path: string;
  let held: HeldSocket | undefined;

  beforeEach(() => {
    folder = new TestFolder();
    path = folder.file('socket');
  });

  afterEach(async () => {
    await held?.release();
    held = undefined;
    folder.remove();
  });

  /** A process that inherits it, serves one client, and ends. */
  async function serve({ fd }: HeldSocket): Promise<void> {
    const program = `const server = require('node:net').createServer((socket) => {
      socket.end('served', () => process.exit());
    }).listen({ fd: 3 });`;
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'inherit', 'inherit', fd] });
    await once(child, 'exit');
  }

  function to(at: ListenAddress): Socket {
    return connect('path' in at ? { path: at.path } : { host: at.host, port: at.port });
  }

  it('lets clients wait until somebody serves it', async () => {
    held = await hold({ host: '127.0.0.1', port: 0 });
    expect(held.address).to.have.property('port').above(0);
    const client = to(held.address);
    await once(client, 'connect');
    const answer = text(client);
    await serve(held);
    expect(await answer).to.equal('served');
    const next = text(to(held.address));
    await serve(held);
    expect(await next).to.equal('served');
  });

  it('has the permissions asked for, and leaves ours alone', async () => {
    const umask = process.umask();
    held = await hold({ path, mode: 0o600 });
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(process.umask()).to.equal(umask);
  });

  it('refuses clients once it is released, and removes its file', async () => {
    held = await hold({ path, mode: 0o600 });
    await held.release();
    expect(existsSync(path)).to.equal(false);
    const [error] = (await once(to({ path, mode: 0o600 }), 'error')) as [NodeJS.ErrnoException];
    expect(error.code).to.equal('ENOENT');
  });

  it('is not to be had where another program listens', async () => {
    held = await hold({ path, mode: 0o600 });
    const failure = await hold({ path, mode: 0o600 }).then(
      () => undefined,
      (error: Error) => error,
    );
    expect(failure?.message).to.match(/^cannot listen on unix:.*: another broker is running there$/);
  });
});
