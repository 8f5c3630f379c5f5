import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { EVERYTHING } from '../../src/adapters/access/everything.js';
import { Session } from '../../src/adapters/tcp/session.js';
import { type Accept, acceptor, readAsStream, readOneByOne } from '../../src/sockets/accept.js';
import { EMPTY } from '../support/exchange.js';
import { withPoller } from '../support/poller.js';
import { Sessions } from '../support/sessions.js';
import { temporaryFolder, WireClient } from '../support/wire.js';

withPoller('sockets that the poller reads', (poller) => carry(acceptor(poller)));
describe('sockets read one by one', () => carry(readOneByOne));
describe('sockets read as streams', () => carry(readAsStream));

function carry(accept: Accept): void {
  let folder: ReturnType<typeof temporaryFolder>;
  let server: Server;
  let sessions: Sessions;
  let taken: Socket[];

  beforeEach(async () => {
    folder = temporaryFolder();
    sessions = new Sessions();
    taken = [];
    server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (accepted) => {
      let session: Session | undefined;
      const socket = accept(accepted, (data, length) => {
        session?.bytes(data, length);
        setImmediate(() => turn.end());
      });
      const { turn } = sessions.world;
      session = new Session(taken.push(socket), socket, sessions.parts(), EVERYTHING);
      socket.on('end', () => setImmediate(() => turn.end()));
    });
    server.listen(folder.path('socket'));
    await once(server, 'listening');
  });

  afterEach(async () => {
    for (const socket of taken) socket.destroy();
    server.close();
    // Only comes when the server counts no connection any more.
    await once(server, 'close');
    folder.remove();
  });

  it('carries messages of any size, with all bytes', async () => {
    const client = await WireClient.connect(folder.path('socket'));
    const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
    for (const body of [bytes, bytes.repeat(1000), '', bytes.repeat(8192)]) {
      const line = `> ${body.length} 60 a\r\n`;
      const answer = body === '' ? line : `${line}${body}\r\n`;
      await client.expect(`${line}${body}\r\n< 1 a\r\n`, answer);
    }
    await client.close();
  });

  it('keeps apart what several connections say in pieces', async () => {
    const clients = await Promise.all([1, 2, 3].map(() => WireClient.connect(folder.path('socket'))));
    const texts = clients.map((_, i) => `> 8 60 q${i}\r\nbody-${i}-${i}\r\n< 1 q${i}\r\n`);
    for (let at = 0; at < (texts[0] as string).length; at++) {
      for (const [i, client] of clients.entries()) client.say((texts[i] as string).charAt(at));
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const [i, client] of clients.entries()) {
      await client.until((received) => received === `> 8 60 q${i}\r\nbody-${i}-${i}\r\n`);
      await client.close();
    }
  });

  it('sees the end of the client, and its disappearance', async () => {
    const ends = await WireClient.connect(folder.path('socket'));
    ends.end('> 1 60 a\r\nx\r\n< 1 a\r\n< 9 a\r\n');
    expect(await ends.all()).to.equal('> 1 60 a\r\nx\r\n');
    const vanishes = await WireClient.connect(folder.path('socket'));
    vanishes.say('< 9 a\r\n');
    await sessions.world.turnsUntil(() => sessions.world.exchange.stats().receivers === 1);
    await vanishes.close();
    await sessions.world.turnsUntil(() => sessions.events.filter((event) => event.endsWith('closed')).length === 2);
    expect(sessions.world.exchange.stats()).to.include(EMPTY);
  });

  it('stops reading behind a command that waits, and goes on', async () => {
    const client = await WireClient.connect(folder.path('socket'));
    const other = await WireClient.connect(folder.path('socket'));
    client.say(`< 9 w\r\n${`> 1000 60 b\r\n${'x'.repeat(1000)}\r\n`.repeat(500)}< 0 none\r\n`);
    await sessions.world.turnsUntil(() => taken.some((socket) => socket.isPaused()));
    other.say('> 0 1 w\r\n');
    await client.until((received) => received.endsWith('*\r\n'));
    expect(sessions.world.exchange.stats().messages).to.equal(500);
    await Promise.all([client.close(), other.close()]);
  });
}
