import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { acceptor } from '../../src/sockets/accept.js';
import { Sink } from '../../src/sockets/sink.js';
import { FakeSocket } from '../support/duplex.js';
import { withPoller } from '../support/poller.js';
import { temporaryFolder } from '../support/wire.js';

const ALL_BYTES = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');

describe('Sink of a socket', () => gives((connected) => connected));
withPoller('Sink of a socket that the poller reads', (poller) => {
  gives((_, accepted) => acceptor(poller)(accepted, () => undefined));
});

/** @param choose which end of a connection is written to */
function gives(choose: (connected: Socket, accepted: Socket) => Socket): void {
  let folder: ReturnType<typeof temporaryFolder>;
  let server: Server;
  /** One that writes, and one that reads. */
  let socket: Socket;
  let peer: Socket;

  beforeEach(async () => {
    folder = temporaryFolder();
    server = createServer({ pauseOnConnect: true }).listen(folder.path('socket'));
    await once(server, 'listening');
    const accepting = once(server, 'connection');
    const connected = connect(folder.path('socket'));
    const [accepted] = (await accepting) as [Socket];
    if (connected.connecting) await once(connected, 'connect');
    socket = choose(connected, accepted);
    peer = socket === connected ? accepted : connected;
  });

  afterEach(async () => {
    socket.destroy();
    peer.destroy();
    server.close();
    await once(server, 'close');
    folder.remove();
  });

  async function heard(length: number): Promise<string> {
    let text = '';
    for await (const chunk of peer.iterator({ destroyOnReturn: false })) {
      text += (chunk as Buffer).toString('latin1');
      if (text.length >= length) break;
    }
    return text;
  }

  it('gives the kernel all that it takes, byte by byte as it is', async () => {
    const sink = new Sink(socket);
    expect(sink.offer(ALL_BYTES)).to.equal('');
    expect(socket.bytesWritten).to.equal(0);
    expect(await heard(256)).to.equal(ALL_BYTES);
  });

  it('leaves to the stream what the kernel has no room for, and all that comes while that waits', async () => {
    const sink = new Sink(socket);
    const said: string[] = [];
    let rest = '';
    for (let n = 0; rest === ''; n++) {
      const piece = `${n}:${ALL_BYTES.repeat(200)}`;
      said.push(piece);
      rest = sink.offer(piece);
    }
    socket.write(rest, 'latin1');
    expect(sink.offer('more')).to.equal('more');
    socket.write('more', 'latin1');
    said.push('more');
    const all = said.join('');
    expect(await heard(all.length)).to.equal(all);
    if (socket.writableLength > 0) await once(socket, 'drain');
    expect(sink.offer('again')).to.equal('');
  });

  it('lets the stream find out that a connection is broken', async () => {
    const sink = new Sink(socket);
    peer.destroy();
    await once(peer, 'close');
    expect(sink.offer('x')).to.equal('x');
    const broken = once(socket, 'error');
    socket.write('x');
    expect(((await broken) as [NodeJS.ErrnoException])[0].code).to.equal('EPIPE');
    expect(sink.offer('x')).to.equal('x');
  });

  it('tells whether anybody is there, also of one who has ended his side', async () => {
    const sink = new Sink(socket);
    socket.resume();
    peer.end();
    await once(socket, 'end');
    expect(sink.isHeard).to.equal(true);
    peer.destroy();
    await once(peer, 'close');
    expect(sink.isHeard).to.equal(false);
    socket.destroy();
    expect(sink.isHeard).to.equal(false);
  });

  it('leaves all to streams that are no plain sockets, or not connected', () => {
    expect(new Sink(new FakeSocket()).offer('x')).to.equal('x');
    const late = connect(folder.path('socket'));
    late.on('error', () => undefined);
    expect(new Sink(late).offer('x')).to.equal(late.connecting ? 'x' : '');
    late.destroy();
    expect(new Sink(late).offer('x')).to.equal('x');
  });
}
