import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { type Client, type ConnectOptions, connect, MsgliteError } from '../../src/client/index.js';
import { FakeBroker } from './fake-broker.js';

/** The error's code; fails if there is none. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof MsgliteError) return error.code;
    throw error;
  }
  throw new Error('it did not fail');
}

/** What the promise rejects with. */
async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  let failed = false;
  const result = await promise.catch((error: unknown) => {
    failed = true;
    return error;
  });
  if (!failed) throw new Error('it did not fail');
  return result;
}

/** Lets the event loop go round until what the fake broker did has reached the client in the same process. */
async function arrive(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('client', () => {
  let broker: FakeBroker;
  let client: Client;

  async function reconnect(options: Partial<ConnectOptions> = {}): Promise<Client> {
    client = await connect({ address: broker.address, ...options });
    return client;
  }

  beforeEach(async () => {
    broker = await FakeBroker.start();
    await reconnect();
  });

  afterEach(async () => {
    await client.close().catch(() => undefined);
    expect(broker.open).to.equal(0);
    await broker.stop();
  });

  describe('connect', () => {
    it('says that there is no broker', async () => {
      expect(await codeOf(connect({ address: 'unix:/nowhere/at/all' }))).to.equal('unreachable');
      expect(await codeOf(connect({ address: 'tcp:127.0.0.1:1' }))).to.equal('unreachable');
    });

    for (const address of ['/tmp/x', 'unix:', 'tcp:host', 'tcp:host:99999', 'tcp:a b:1', 'http://x', '']) {
      it(`refuses the address ${JSON.stringify(address)}`, async () => {
        expect(await codeOf(connect({ address }))).to.equal('bad-argument');
      });
    }

    it('works over TCP', async () => {
      const server = createServer((socket) => socket.on('data', () => socket.end())).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as { port: number };
      const tcp = await connect({ address: `tcp:127.0.0.1:${port}` });
      await tcp.close();
      server.close();
      await once(server, 'close');
    });

    it('ends with the reason of its signal', async () => {
      const reason = new Error('enough');
      expect(await reasonOf(connect({ address: broker.address, signal: AbortSignal.abort(reason) }))).to.equal(reason);
      const abort = new AbortController();
      const connecting = connect({ address: broker.address, signal: abort.signal });
      abort.abort(reason);
      expect(await reasonOf(connecting)).to.equal(reason);
    });
  });

  describe('send', () => {
    it('says it as the protocol wants it, text as UTF-8 and bytes as they are', async () => {
      await client.send('a', 'é', { timeout: 5 });
      await client.send('ü', Uint8Array.of(0, 255, 13, 10), { replyTo: 'r' });
      await client.send('a', '');
      const [first, second, third] = [await broker.next(), await broker.next(), await broker.next()];
      expect(first.command).to.include({ kind: 'send', to: 'a', timeout: 5, body: '\u00c3\u00a9', replyTo: undefined });
      expect(second.command).to.include({ to: '\u00c3\u00bc', timeout: 60, body: '\u0000\u00ff\r\n', replyTo: 'r' });
      expect(third.command).to.include({ body: '' });
    });

    it('keeps the order of the calls, on one connection, whatever else waits', async () => {
      const waiting = client.ready('w');
      const sends: Promise<void>[] = [];
      for (let i = 0; i < 50; i++) sends.push(client.send('a', String(i)));
      await Promise.all(sends);
      const bodies: string[] = [];
      const connections = new Set<number>();
      for (let i = 0; i < 51; i++) {
        const { command, connection, on } = await broker.next();
        if (command.kind === 'send') {
          bodies.push(command.body);
          connections.add(connection);
        } else on.write('*\r\n');
      }
      expect(bodies).to.deep.equal(Array.from({ length: 50 }, (_, i) => String(i)));
      expect(connections.size).to.equal(1);
      await waiting;
    });

    const bad: [string, () => Promise<unknown>][] = [
      ['a blank', () => client.send('a b', '')],
      ['a line end', () => client.send('a\r\n. ', '')],
      ['no address', () => client.send('', '')],
      ['256 bytes', () => client.send('é'.repeat(128), '')],
      ['a bad reply address', () => client.send('a', '', { replyTo: 'x y' })],
      ['a broken second', () => client.send('a', '', { timeout: 0.5 })],
      ['a negative timeout', () => client.query('a', '', { timeout: -1 })],
      ['a timeout that is none', () => client.ready('a', { timeout: Number.NaN })],
      ['no address to wait on', () => client.ready([])],
      ['nine addresses', () => client.ready([...'abcdefghi'])],
    ];
    for (const [name, call] of bad) {
      it(`sends nothing when given ${name}`, async () => {
        expect(await codeOf(call())).to.equal('bad-argument');
        await client.close();
        expect(broker.unheard).to.equal(0);
      });
    }
  });

  describe('ready', () => {
    it('brings a message', async () => {
      const ready = client.ready(['a', 'b'], { timeout: 7 });
      const { command, on } = await broker.next();
      expect(command).to.deep.include({ kind: 'receive', timeout: 7, addresses: ['a', 'b'] });
      on.write(Buffer.from('> 2 9 ä r\r\nö\r\n'));
      const message = await ready;
      expect(message).to.deep.include({ to: 'ä', replyTo: 'r', timeout: 9, body: Buffer.from('ö') });
      expect(message?.text()).to.equal('ö');
    });

    it('brings undefined when the time ran out, and uses its connection again', async () => {
      for (let i = 0; i < 3; i++) {
        const ready = client.ready('a');
        const { on, connection } = await broker.next();
        on.write('*\r\n');
        expect(await ready).to.equal(undefined);
        expect(connection).to.equal(1);
      }
    });

    it('lets many wait at once, each on a connection of its own, up to the limit', async () => {
      await client.close();
      await reconnect({ maxConnections: 4 });
      const answers = Array.from({ length: 7 }, (_, i) => client.ready(`a${i}`));
      const heard = [await broker.next(), await broker.next(), await broker.next()];
      expect(new Set(heard.map((one) => one.connection)).size).to.equal(3);
      await client.send('b', 'x');
      expect((await broker.next()).command.kind).to.equal('send');
      expect(broker.unheard).to.equal(0);
      expect(broker.open).to.equal(4);
      for (let i = 0; i < 7; i++) {
        const { on, command } = heard.shift() ?? (await broker.next());
        expect(command).to.deep.include({ addresses: [`a${i}`] });
        on.write(`> 0 1 a${i}\r\n`);
      }
      const messages = await Promise.all(answers);
      expect(messages.map((message) => message?.to)).to.deep.equal([...'0123456'].map((i) => `a${i}`));
      expect(broker.open).to.equal(4);
    });

    it('is taken back by its signal, once the broker has closed', async () => {
      const abort = new AbortController();
      const reason = new Error('enough');
      const ready = client.ready('a', { signal: abort.signal });
      const { on } = await broker.next();
      abort.abort(reason);
      expect(await reasonOf(ready)).to.equal(reason);
      expect(on.readableEnded).to.equal(true);
      await client.send('still', 'usable');
      expect((await broker.next()).connection).to.equal(2);
    });

    it('loses no message that comes in the moment of the abort', async () => {
      broker.ended = (socket) => socket.end('> 5 60 a\r\nhello\r\n');
      const abort = new AbortController();
      const ready = client.ready('a', { signal: abort.signal });
      await broker.next();
      abort.abort();
      expect((await ready)?.text()).to.equal('hello');
    });

    it('fails with the signal when its time runs out in the moment of the abort', async () => {
      broker.ended = (socket) => socket.end('*\r\n');
      const abort = new AbortController();
      const ready = client.ready('a', { signal: abort.signal });
      await broker.next();
      abort.abort('why');
      expect(await reasonOf(ready)).to.equal('why');
    });

    it('leaves the line of those who wait for a connection when aborted', async () => {
      await client.close();
      await reconnect({ maxConnections: 2 });
      const first = client.ready('a');
      const abort = new AbortController();
      const second = client.ready('b', { signal: abort.signal });
      const third = client.ready('c');
      const { on } = await broker.next();
      abort.abort('why');
      expect(await reasonOf(second)).to.equal('why');
      on.write('*\r\n');
      await first;
      const heard = await broker.next();
      expect(heard.command).to.deep.include({ addresses: ['c'] });
      heard.on.write('*\r\n');
      await third;
    });

    it('does nothing for a signal that has fired already', async () => {
      expect(await reasonOf(client.ready('a', { signal: AbortSignal.abort('why') }))).to.equal('why');
      expect(broker.unheard).to.equal(0);
    });
  });

  describe('query', () => {
    it('brings the answer, or undefined', async () => {
      const query = client.query('a', 'who?', { timeout: 3 });
      const { command, on } = await broker.next();
      expect(command).to.include({ kind: 'query', to: 'a', timeout: 3, body: 'who?' });
      on.write('> 2 60 x\r\nme\r\n');
      expect((await query)?.text()).to.equal('me');
      const again = client.query('a', 'who?');
      (await broker.next()).on.write('*\r\n');
      expect(await again).to.equal(undefined);
    });

    it('is broken off by its signal', async () => {
      const abort = new AbortController();
      const query = client.query('a', 'who?', { signal: abort.signal });
      const { on } = await broker.next();
      abort.abort('why');
      expect(await reasonOf(query)).to.equal('why');
      if (!on.destroyed) await once(on, 'close');
    });
  });

  describe('when things go wrong', () => {
    it('a refusal fails the question that waits', async () => {
      const ready = client.ready('a');
      (await broker.next()).on.end('- no such luck\r\n');
      const error = (await reasonOf(ready)) as MsgliteError;
      expect(error.code).to.equal('refused');
      expect(error.message).to.contain('no such luck');
    });

    it('a send refused later fails the next call, once', async () => {
      await client.send('a', 'x');
      const { on } = await broker.next();
      on.end('- full\r\n');
      await once(on, 'close');
      await arrive();
      expect(await codeOf(client.send('a', 'y'))).to.equal('refused');
      await client.send('a', 'z');
      expect((await broker.next()).command).to.include({ body: 'z' });
    });

    it('a send refused later is told to onError, where there is one', async () => {
      await client.close();
      const told = new Promise<MsgliteError>(
        (resolve) => void reconnect({ onError: resolve }).then((c) => c.send('a', 'x')),
      );
      (await broker.next()).on.end('- full\r\n');
      expect((await told).code).to.equal('refused');
      await client.send('a', 'y');
    });

    it('close fails when the last send is refused', async () => {
      await client.send('a', 'x');
      broker.ended = () => undefined;
      const { on } = await broker.next();
      on.write('- full\r\n');
      on.end();
      expect(await codeOf(client.close())).to.equal('refused');
    });

    it('a lost connection fails what waits, and the next call makes a new one', async () => {
      const ready = client.ready('a');
      (await broker.next()).on.destroy();
      expect(await codeOf(ready)).to.equal('connection-lost');
      const again = client.ready('a');
      (await broker.next()).on.write('*\r\n');
      expect(await again).to.equal(undefined);
    });

    it('a connection lost after a send is told, after an answer it is not', async () => {
      await client.send('a', 'x');
      const { on } = await broker.next();
      on.destroy();
      await once(on, 'close');
      expect(await codeOf(client.close())).to.equal('connection-lost');

      await reconnect();
      const ready = client.ready('a');
      const heard = await broker.next();
      heard.on.write('*\r\n');
      await ready;
      heard.on.destroy();
      await once(heard.on, 'close');
      await arrive();
      await client.send('a', 'y');
    });

    it('somebody who speaks another protocol is found out', async () => {
      const ready = client.ready('a');
      (await broker.next()).on.write('HTTP/1.1 400 Bad Request\r\n\r\n');
      expect(await codeOf(ready)).to.equal('protocol');
    });

    it('an answer nobody asked for is found out', async () => {
      broker.sockets[0]?.write('> 0 1 a\r\n');
      await once(broker.sockets[0] as NonNullable<(typeof broker.sockets)[0]>, 'close');
      expect(await codeOf(client.close())).to.equal('protocol');
    });
  });

  describe('close', () => {
    it('fails what waits, and every call after it', async () => {
      await client.close();
      await reconnect({ maxConnections: 3 });
      const waiting = [client.ready('a'), client.query('a', ''), client.ready('b')].map(codeOf);
      await broker.next();
      await broker.next();
      await client.close();
      expect(await Promise.all(waiting)).to.deep.equal(['closed', 'closed', 'closed']);
      expect(await codeOf(client.send('a', ''))).to.equal('closed');
      expect(await codeOf(client.ready('a'))).to.equal('closed');
      await client.close();
    });

    it('loses no message that comes in that moment', async () => {
      broker.ended = (socket) => socket.end('> 0 60 a\r\n');
      const ready = client.ready('a');
      await broker.next();
      await client.close();
      expect((await ready)?.to).to.equal('a');
    });
  });
});
