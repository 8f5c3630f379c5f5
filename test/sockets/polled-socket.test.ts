import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { acceptor } from '../../src/sockets/accept.js';
import { loadNative, type Native } from '../../src/sockets/native.js';
import { PolledSocket } from '../../src/sockets/polled-socket.js';
import { Poller } from '../../src/sockets/poller.js';
import { itWhere } from '../faults/scratch.js';
import { eventually } from '../support/eventually.js';
import { withPoller } from '../support/poller.js';
import { temporaryFolder } from '../support/wire.js';

/** What Node can't do with a socket. */
const HAS_PYTHON = spawnSync('python3', ['-c', 'import socket; socket.send_fds']).status === 0;

/** Does something with the socket `s`, in a process of its own. */
async function inPython(code: string, socket: Socket): Promise<void> {
  const program = `import socket\ns = socket.socket(fileno=3)\n${code}`;
  const child = spawn('python3', ['-c', program], { stdio: ['ignore', 'inherit', 'inherit', socket] });
  expect((await once(child, 'close'))[0]).to.equal(0);
}

interface Pair {
  readonly client: Socket;
  readonly socket: PolledSocket;
}

/** What `start` of a native part that watches nothing was given. */
const UNABLE: Native = { start: () => undefined, watch: () => -28, unwatch: () => 0, write: () => -32 };

withPoller('sockets that the poller reads', (ours) => {
  let server: Server;
  let port: number;
  let poller: Poller;
  let clients: Socket[];
  let heard: string;
  let read: (text: string, socket: PolledSocket) => void;

  beforeEach(async () => {
    server = createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as { port: number });
    poller = ours;
    clients = [];
    heard = '';
    read = (text) => {
      heard += text;
    };
  });

  afterEach(async () => {
    for (const client of clients) client.destroy();
    server.close();
    await once(server, 'close');
  });

  function pair(): Promise<Pair> {
    return accepted(server, connect(port, '127.0.0.1'));
  }

  async function accepted(by: Server, client: Socket): Promise<Pair> {
    const accepting = once(by, 'connection');
    clients.push(client);
    const [incoming] = (await accepting) as [Socket];
    const socket = acceptor(poller)(incoming, (data, length) => {
      read(data.toString('latin1', 0, length), socket as PolledSocket);
    });
    clients.push(socket);
    expect(socket).to.be.instanceOf(PolledSocket);
    return { client, socket: socket as PolledSocket };
  }

  async function several(count: number): Promise<Pair[]> {
    const pairs: Pair[] = [];
    while (pairs.length < count) pairs.push(await pair());
    return pairs;
  }

  it('reads no more while it is paused, and what came meanwhile later', async () => {
    const { client, socket } = await pair();
    client.write('a');
    await eventually(() => heard === 'a');
    socket.pause();
    expect(socket.isPaused()).to.equal(true);
    const other = await pair();
    client.write('b');
    other.client.write('c');
    await eventually(() => heard === 'ac');
    socket.resume();
    expect(socket.isPaused()).to.equal(false);
    await eventually(() => heard === 'acb');
  });

  it('gives nothing to one that another destroyed in the same turn', async () => {
    const pairs = await several(3);
    const readers: PolledSocket[] = [];
    read = (_text, socket) => {
      readers.push(socket);
      for (const one of pairs) if (one.socket !== socket) one.socket.destroy();
    };
    const written = pairs.map(({ client }) => new Promise((resolve) => client.write('x', resolve)));
    await Promise.all(written);
    await eventually(() => pairs.filter(({ socket }) => socket.destroyed).length === 2);
    expect(readers).to.have.length(1);
  });

  it('takes the descriptor of one that was closed for what it is now', async () => {
    for (let i = 0; i < 100; i++) {
      heard = '';
      const { client, socket } = await pair();
      client.write(`${i}`);
      await eventually(() => heard === `${i}`);
      socket.destroy();
      await once(client, 'close');
    }
  });

  it('leaves the end to the stream', async () => {
    const { client, socket } = await pair();
    const ended = once(socket, 'end');
    client.end('last');
    await ended;
    expect(heard).to.equal('last');
    const all = once(client, 'data');
    socket.end('answer');
    expect(`${(await all)[0]}`).to.equal('answer');
  });

  itWhere(HAS_PYTHON, 'python3', 'reads on behind urgent data', async () => {
    const { client, socket } = await pair();
    socket.pause();
    client.write('before ');
    await inPython(`s.send(b'!', socket.MSG_OOB); s.send(b' behind')`, client);
    socket.resume();
    await eventually(() => heard.endsWith(' behind'));
    expect(heard).to.match(/^before !? behind$/);
  });

  itWhere(HAS_PYTHON, 'python3', 'reads on behind descriptors, which nobody wants', async () => {
    const folder = temporaryFolder();
    const local = createServer({ pauseOnConnect: true }).listen(folder.path('socket'));
    await once(local, 'listening');
    const { client, socket } = await accepted(local, connect(folder.path('socket')));
    socket.pause();
    client.write('before ');
    await inPython(`socket.send_fds(s, [b'with '], [0]); s.send(b'behind')`, client);
    socket.resume();
    await eventually(() => heard === 'before with behind');
    local.close();
    folder.remove();
  });

  it('tells when the connection was reset', async () => {
    const { client, socket } = await pair();
    const failed = once(socket, 'error');
    client.resetAndDestroy();
    const [error] = (await failed) as [NodeJS.ErrnoException];
    expect(error).to.include({ code: 'ECONNRESET', syscall: 'read', message: 'read ECONNRESET' });
    expect(socket.destroyed).to.equal(true);
  });

  it('is left to the stream for good when it is released', async () => {
    const { client, socket } = await pair();
    client.write('ours');
    await eventually(() => heard === 'ours');
    socket.release();
    expect(socket.isPaused()).to.equal(true);
    let streamed = '';
    socket.on('data', (chunk) => {
      streamed += chunk;
    });
    socket.unshift('before ');
    socket.resume();
    client.write('theirs');
    await eventually(() => streamed === 'before theirs');
    socket.pause();
    client.write('!');
    socket.resume();
    await eventually(() => streamed === 'before theirs!');
    expect(heard).to.equal('ours');
  });

  it('is read as a stream where it can not be watched', async () => {
    poller = new Poller(UNABLE);
    const { client, socket } = await pair();
    client.write('x');
    await eventually(() => heard === 'x');
    expect(socket.offer('y')).to.equal(0);
    const ended = once(socket, 'end');
    client.end();
    await ended;
  });

  it('does not come back to life', async () => {
    const { socket } = await pair();
    socket.destroy();
    socket.resume();
    expect(socket.isPaused()).to.equal(true);
    await once(socket, 'close');
  });

  it('reads all of many that come at once, and each in its order', async () => {
    const pairs = await several(200);
    const texts = new Map<PolledSocket, string>();
    read = (text, socket) => texts.set(socket, (texts.get(socket) ?? '') + text);
    const said = pairs.map((_, i) => Array.from({ length: 1000 }, (_, n) => `${i}:${n} `).join(''));
    for (const [i, { client }] of pairs.entries()) client.write(said[i] as string);
    await eventually(() => pairs.every(({ socket }, i) => texts.get(socket)?.length === said[i]?.length));
    for (const [i, { socket }] of pairs.entries()) expect(texts.get(socket)).to.equal(said[i]);
  });
});

withPoller('the native part', () => {
  const native = loadNative() as Native;

  it('refuses what makes no sense, by name', () => {
    const numbers = new Int32Array(2);
    const memory = Buffer.alloc(10);
    const ready = () => undefined;
    expect(() => native.start(memory, 10, 10, numbers, ready)).to.throw('it is started already');
    expect(() => native.watch('x' as never)).to.throw('a descriptor is a number');
    expect(() => native.write(1, undefined as never)).to.throw('write takes a descriptor and a string');
    expect(() => (native as unknown as { watch: () => number }).watch()).to.throw('too few arguments');
  });

  it('says what is wrong with a descriptor', () => {
    const EBADF = -9;
    expect([native.watch(-1), native.unwatch(-1), native.write(-1, 'x')]).to.deep.equal([EBADF, EBADF, EBADF]);
  });

  it('is one for each thread, and goes with it', async () => {
    const { Worker } = await import('node:worker_threads');
    const worker = new Worker(new URL('./poller-thread.js', import.meta.url));
    const [said] = await once(worker, 'message');
    expect(said).to.equal('x');
    const [code] = await once(worker, 'exit');
    expect(code).to.equal(0);
  });
});

describe('a native part that does not work', () => {
  it('is none', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'msglite-')), 'poller.node');
    expect(loadNative(file)).to.equal(undefined);
    writeFileSync(file, 'of another machine');
    expect(loadNative(file)).to.equal(undefined);
    rmSync(dirname(file), { recursive: true });
  });

  it('keeps nobody from reading', () => {
    expect(new Poller(UNABLE).watch(1, { turn: undefined, arrived: () => undefined })).to.equal(false);
  });
});
