import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { type Client, type ConnectOptions, connect, type MsgliteError } from '../../src/client/index.js';
import { FakeBroker, type Heard } from './fake-broker.js';
import { arrive, codeOf, reasonOf } from './support.js';

describe('client', () => {
  let broker: FakeBroker;
  let client: Client;

  async function reconnect(options: Partial<ConnectOptions> = {}): Promise<Client> {
    client = await connect({ address: broker.address, ...options });
    return client;
  }

  /** The next command, receipted. */
  async function receipted(): Promise<Heard> {
    const heard = await broker.next();
    heard.say(`++ ${heard.tag}\r\n`);
    return heard;
  }

  beforeEach(async () => {
    broker = await FakeBroker.start();
    await reconnect();
  });

  afterEach(async () => {
    await client.close().catch(() => undefined);
    await arrive();
    expect(broker.open).to.equal(0);
    await broker.stop();
  });

  describe('connect', () => {
    it('says that there is no broker', async () => {
      expect(await codeOf(connect({ address: 'unix:/nowhere/at/all' }))).to.equal('unreachable');
      expect(await codeOf(connect({ address: 'tcp:127.0.0.1:1,unix:/nowhere' }))).to.equal('unreachable');
    });

    for (const address of [
      '/tmp/x',
      'unix:',
      'tcp:host',
      'tcp:host:99999',
      'tcp:a b:1',
      'http://x',
      '',
      'tcp:a:1,b:2',
    ]) {
      it(`refuses the address ${JSON.stringify(address)}`, async () => {
        expect(await codeOf(connect({ address }))).to.equal('bad-argument');
      });
    }

    it('takes the first address that answers', async () => {
      const other = await connect({ address: `unix:/nowhere, ${broker.address}` });
      expect(broker.open).to.equal(2);
      await other.close();
    });

    it('shows its token', async () => {
      const heard: string[] = [];
      const server = createServer((socket) => {
        socket.on('data', (chunk) => {
          heard.push(chunk.toString());
          socket.end('-- ! unauthorized this broker knows no such token\r\n');
        });
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as { port: number };
      expect(await codeOf(connect({ address: `tcp:127.0.0.1:${port}`, token: 's3cret' }))).to.equal('unauthorized');
      const patient = connect({ address: `tcp:127.0.0.1:${port}`, token: 's3cret', wait: true });
      expect(await codeOf(patient)).to.equal('unauthorized');
      expect(heard).to.deep.equal(Array(2).fill('!! ! s3cret idle=60\r\n'));
      server.close();
      await once(server, 'close');
    });

    it('finds out who speaks another protocol', async () => {
      const server = createServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as { port: number };
      expect(await codeOf(connect({ address: `tcp:127.0.0.1:${port}` }))).to.equal('protocol');
      server.close();
      await once(server, 'close');
    });

    it('ends with the reason of its signal', async () => {
      const reason = new Error('enough');
      expect(await reasonOf(connect({ address: broker.address, signal: AbortSignal.abort(reason) }))).to.equal(reason);
      const abort = new AbortController();
      const connecting = connect({ address: 'unix:/nowhere', wait: true, signal: abort.signal });
      abort.abort(reason);
      expect(await reasonOf(connecting)).to.equal(reason);
    });

    it('tells of its connection', async () => {
      const other = await connect({ address: broker.address });
      expect(await once(other, 'connect')).to.deep.equal([{ address: broker.address }]);
      await other.close();
    });
  });

  describe('send', () => {
    it('says it as the protocol wants it, text as UTF-8 and bytes as they are', async () => {
      const sends = [
        client.send('a', 'é', { timeout: 0.25 }),
        client.send('ü', Uint8Array.of(0, 255, 13, 10), { replyTo: 'r', id: 'ö' }),
        client.send('a', '', { delay: 1.5, attempts: 2, once: true, dead: null, receipt: 'done' }),
      ];
      const [first, second, third] = [await receipted(), await receipted(), await receipted()];
      expect(first.command).to.include({
        kind: 'send',
        to: 'a',
        timeout: 250,
        body: '\u00c3\u00a9',
        replyTo: undefined,
      });
      expect(second.command).to.include({
        to: '\u00c3\u00bc',
        timeout: 60_000,
        body: '\u0000\u00ff\r\n',
        replyTo: 'r',
      });
      expect(second.command).to.have.nested.property('options.id', '\u00c3\u00b6');
      expect(third.command).to.include({ body: '' });
      expect(third.command)
        .to.have.property('options')
        .which.includes({ delay: 1500, attempts: 2, once: true, dead: '', receipt: 'done' });
      expect(await Promise.all(sends)).to.deep.equal(Array(3).fill({ duplicate: false }));
    });

    it('resolves with the receipt, and not before', async () => {
      let done = false;
      const send = client.send('a', 'x').then((receipt) => {
        done = true;
        return receipt;
      });
      const { say, tag } = await broker.next();
      await arrive();
      expect(done).to.equal(false);
      say(`++ ${tag} duplicate=1 more=2\r\n`);
      expect(await send).to.deep.equal({ duplicate: true });
    });

    it('gives each message an id of its own, unless told not to', async () => {
      const ids: (string | undefined)[] = [];
      broker.takes = ({ command, tag, say }) => {
        if (command.kind === 'send') ids.push(command.options.id);
        say(`++ ${tag}\r\n`);
        return true;
      };
      await client.close();
      await reconnect({ name: 'me' });
      await client.send('a', 'x');
      await client.send('a', 'x');
      await client.close();
      await reconnect({ ids: false });
      await client.send('a', 'x');
      expect(ids[0]).to.match(/^me-[\w-]{16}-0$/);
      expect(ids[1]).to.match(/-1$/);
      expect(ids[2]).to.equal(undefined);
    });

    it('keeps the order of the calls, on one connection, whatever else waits', async () => {
      const waiting = client.ready('w');
      const sends = Array.from({ length: 50 }, (_, i) => client.send('a', String(i)));
      const bodies: string[] = [];
      for (let i = 0; i < 51; i++) {
        const { command, connection, tag, say } = await broker.next();
        expect(connection).to.equal(1);
        if (command.kind === 'send') bodies.push(command.body);
        say(`${command.kind === 'send' ? '++' : '**'} ${tag}\r\n`);
      }
      await Promise.all([...sends, waiting]);
      expect(bodies).to.deep.equal(Array.from({ length: 50 }, (_, i) => String(i)));
    });

    it('joins what is sent in one turn', async () => {
      const chunks: Buffer[] = [];
      broker.sockets[0]?.on('data', (chunk: Buffer) => chunks.push(chunk));
      const sends = Array.from({ length: 20 }, () => client.send('a', 'x'));
      for (let i = 0; i < 20; i++) await receipted();
      await Promise.all(sends);
      expect(chunks.length).to.equal(1);
    });

    it('fails with the code of the refusal', async () => {
      const send = client.send('a', 'x');
      const { say, tag } = await broker.next();
      say(`-- ${tag} id-conflict this id was used before\r\n`);
      const error = (await reasonOf(send)) as MsgliteError;
      expect([error.code, error.message]).to.deep.equal(['id-conflict', 'id-conflict: this id was used before']);
    });

    it('can be given up', async () => {
      const abort = new AbortController();
      const send = client.send('a', 'x', { signal: abort.signal });
      const { say, tag } = await broker.next();
      abort.abort('why');
      expect(await reasonOf(send)).to.equal('why');
      say(`++ ${tag}\r\n`);
      expect(await reasonOf(client.send('a', 'x', { signal: abort.signal }))).to.equal('why');
    });

    it('waits while the broker does not read, and goes on in order', async () => {
      const socket = broker.sockets[0];
      socket?.pause();
      const body = 'x'.repeat(200_000);
      const sends = Array.from({ length: 40 }, (_, i) => client.send('a', `${i} ${body}`));
      await arrive();
      const bodies: string[] = [];
      broker.takes = ({ command, tag, say }) => {
        if (command.kind === 'send') bodies.push(command.body.split(' ', 1)[0] ?? '');
        say(`++ ${tag}\r\n`);
        return true;
      };
      socket?.resume();
      await Promise.all(sends);
      expect(bodies).to.deep.equal(Array.from({ length: 40 }, (_, i) => String(i)));
    });

    /** Answers all sends. */
    function receiptAll(bodies: string[] = []): void {
      broker.takes = ({ command, tag, say }) => {
        if (command.kind === 'send') bodies.push(command.body);
        say(`++ ${tag}\r\n`);
        return true;
      };
    }

    it('waits, however many do, where a buffer has room for few', async () => {
      await client.close();
      await reconnect({ maxBuffered: { messages: 2 } });
      const socket = broker.sockets.at(-1);
      socket?.pause();
      const large = client.send('a', 'x'.repeat(3_000_000));
      const sends = Array.from({ length: 9 }, (_, i) => client.send('a', `${i}`.padEnd(1_100_000)));
      await arrive();
      const bodies: string[] = [];
      receiptAll(bodies);
      socket?.resume();
      await Promise.all([large, ...sends]);
      expect(bodies.slice(1).map(Number)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    });

    it('goes on when what was to go before it is given up', async () => {
      const socket = broker.sockets[0];
      socket?.pause();
      const large = client.send('a', 'x'.repeat(3_000_000));
      await arrive();
      const abort = new AbortController();
      const given = client.send('a', 'given up', { signal: abort.signal });
      const last = client.send('a', 'last');
      abort.abort('why');
      expect(await reasonOf(given)).to.equal('why');
      receiptAll();
      socket?.resume();
      await Promise.all([large, last]);
    });

    const bad: [string, () => Promise<unknown>][] = [
      ['a blank', () => client.send('a b', '')],
      ['a line end', () => client.send('a\r\n. ', '')],
      ['no address', () => client.send('', '')],
      ['256 bytes', () => client.send('é'.repeat(128), '')],
      ['an address with a "="', () => client.send('a=b', '')],
      ['a "-" for an address', () => client.ready('-')],
      ['a bad reply address', () => client.send('a', '', { replyTo: 'x y' })],
      ['a bad id', () => client.send('a', '', { id: 'x y' })],
      ['no attempts', () => client.send('a', '', { attempts: 0 })],
      ['a negative timeout', () => client.query('a', '', { timeout: -1 })],
      ['a timeout that is none', () => client.ready('a', { timeout: Number.NaN })],
      ['no address to wait on', () => client.ready([])],
      ['nine addresses', () => client.ready([...'abcdefghi'])],
      ['no concurrency', async () => client.receive('a', { concurrency: 0 })],
      ['no lease', () => client.serve('a', async () => undefined, { lease: 0 })],
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
      const { command, tag, on } = await broker.next();
      expect(command).to.deep.include({ kind: 'receive', timeout: 7000, addresses: ['a', 'b'], count: 1, lease: 0 });
      on.write(Buffer.from(`>> ${tag} 2 9.5 ä r attempt=3 id=i new=1\r\nö\r\n`));
      const message = await ready;
      expect(message).to.deep.include({
        to: 'ä',
        replyTo: 'r',
        timeout: 9.5,
        attempt: 3,
        id: 'i',
        body: Buffer.from('ö'),
      });
      expect(message?.text()).to.equal('ö');
    });

    it('lets one answer', async () => {
      const ready = client.ready('a');
      const { say, tag } = await broker.next();
      say(`>> ${tag} 0 9 a r attempt=1\r\n`);
      const reply = (await ready)?.reply('yes', { timeout: 5 });
      const heard = await receipted();
      expect(heard.command).to.include({ kind: 'send', to: 'r', body: 'yes', timeout: 5000 });
      expect(await reply).to.deep.equal({ duplicate: false });
    });

    it('lets nobody answer who was not asked', async () => {
      const ready = client.ready('a');
      const { say, tag } = await broker.next();
      say(`>> ${tag} 0 9 a - attempt=1\r\n`);
      const message = await ready;
      expect(await codeOf(message?.reply('yes') ?? Promise.resolve())).to.equal('bad-argument');
    });

    it('brings undefined when the time ran out', async () => {
      const ready = client.ready('a');
      const { say, tag } = await broker.next();
      say(`** ${tag}\r\n`);
      expect(await ready).to.equal(undefined);
    });

    it('lets many wait at once', async () => {
      const answers = Array.from({ length: 7 }, (_, i) => client.ready(`a${i}`));
      const heard = await broker.several(7);
      for (const { say, tag, command } of heard.reverse()) {
        if (command.kind === 'receive') say(`>> ${tag} 0 1 ${command.addresses[0]} - attempt=1\r\n`);
      }
      expect((await Promise.all(answers)).map((message) => message?.to)).to.deep.equal(
        [...'0123456'].map((i) => `a${i}`),
      );
    });

    it('is taken back by its signal, once the broker has said so', async () => {
      const abort = new AbortController();
      const reason = new Error('enough');
      const ready = client.ready('a', { signal: abort.signal });
      const { tag } = await broker.next();
      abort.abort(reason);
      const back = await broker.next();
      expect(back.command).to.include({ kind: 'take-back', tag });
      back.say(`** ${tag}\r\n`);
      expect(await reasonOf(ready)).to.equal(reason);
    });

    it('loses no message that comes in the moment of the abort', async () => {
      const abort = new AbortController();
      const ready = client.ready('a', { signal: abort.signal });
      const { tag } = await broker.next();
      abort.abort();
      (await broker.next()).say(`>> ${tag} 5 60 a - attempt=1\r\nhello\r\n`);
      expect((await ready)?.text()).to.equal('hello');
    });

    it('does nothing for a signal that has fired already', async () => {
      expect(await reasonOf(client.ready('a', { signal: AbortSignal.abort('why') }))).to.equal('why');
      expect(broker.unheard).to.equal(0);
    });
  });

  describe('query', () => {
    it('waits in one mailbox for the answers to all', async () => {
      const queries = [client.query('a', 'who?', { timeout: 3 }), client.query('a', 'what?')];
      const [receive, first, second] = await broker.several(3);
      expect(receive?.command).to.deep.include({ kind: 'receive', lease: 0 });
      const [mailbox] = (receive?.command.kind === 'receive' && receive.command.addresses) || [];
      expect(mailbox).to.match(/^~[\w-]{22}$/);
      expect(first?.command).to.include({
        kind: 'send',
        to: 'a',
        timeout: 3000,
        body: 'who?',
        replyTo: `${mailbox}~0`,
      });
      expect(second?.command).to.include({ replyTo: `${mailbox}~1` });
      receive?.say(`>> ${receive.tag} 2 60 ${mailbox}~1 - attempt=1\r\nit\r\n`);
      receive?.say(`>> ${receive.tag} 2 60 ${mailbox}~9 - attempt=1\r\nno\r\n`);
      receive?.say(`>> ${receive.tag} 2 60 ${mailbox}~0 - attempt=1\r\nme\r\n`);
      expect((await Promise.all(queries)).map((message) => message?.text())).to.deep.equal(['me', 'it']);
    });

    it('brings undefined when its time ran out, and drops an answer that comes later', async () => {
      const query = client.query('a', 'who?', { timeout: 0.05 });
      const [receive] = await broker.several(2);
      expect(await query).to.equal(undefined);
      const late = receive?.command.kind === 'receive' ? `${receive.command.addresses[0]}~0` : '';
      receive?.say(`>> ${receive.tag} 2 60 ${late} - attempt=1\r\nme\r\n`);
      await client.flush();
    });

    it('has its answer under a lease where there is a journal, and finishes it', async () => {
      broker.welcome = 'v=2 line=8192 body=100 journal=full';
      await client.close();
      await reconnect();
      const query = client.query('a', 'who?');
      const [receive] = await broker.several(2);
      expect(receive?.command).to.include({ lease: 30_000 });
      const [mailbox] = receive?.command.kind === 'receive' ? receive.command.addresses : [];
      receive?.say(`>> ${receive.tag} 2 60 ${mailbox}~0 - attempt=1 delivery=@d1\r\nme\r\n`);
      receive?.say(`>> ${receive.tag} 2 60 ${mailbox}~0 - attempt=2 delivery=@d2\r\nme\r\n`);
      expect((await query)?.text()).to.equal('me');
      const done = await broker.several(2);
      expect(done.map(({ command }) => command.kind === 'done' && command.delivery)).to.deep.equal(['@d1', '@d2']);
    });

    it('fails when its message is refused', async () => {
      const query = client.query('a', 'who?');
      const [, send] = await broker.several(2);
      send?.say(`-- ${send.tag} forbidden not there\r\n`);
      expect(await codeOf(query)).to.equal('forbidden');
    });

    it('is broken off by its signal', async () => {
      const abort = new AbortController();
      const query = client.query('a', 'who?', { signal: abort.signal });
      await broker.several(2);
      abort.abort('why');
      expect(await reasonOf(query)).to.equal('why');
    });
  });

  describe('control', () => {
    it('asks, and reads the answer', async () => {
      const asks = [
        client.control.queues({ prefix: 'j', after: 'jobs' }),
        client.control.purge('é'),
        client.control.recall('a', 'i'),
      ];
      const heard = await broker.several(3);
      expect(heard.map(({ command }) => command.kind === 'control' && command.control)).to.deep.equal([
        { command: 'queues', prefix: 'j', after: 'jobs' },
        { command: 'purge', address: '\u00c3\u00a9' },
        { command: 'recall', address: 'a', id: 'i' },
      ]);
      const answers = ['{"queues":[],"more":false}', '{"purged":3}', '{"recalled":true}'];
      for (const [i, { tag, say }] of heard.entries()) say(`== ${tag} ${answers[i]?.length}\r\n${answers[i]}\r\n`);
      expect(await Promise.all(asks)).to.deep.equal([{ queues: [], more: false }, 3, true]);
    });

    it('fails as the broker says', async () => {
      const stats = client.control.stats();
      const { tag, say } = await broker.next();
      say(`-- ${tag} forbidden it takes the admin right\r\n`);
      expect(await codeOf(stats)).to.equal('forbidden');
      expect(await codeOf(client.control.purge('a b'))).to.equal('bad-argument');
    });
  });

  it('an answer nobody asked for is found out', async () => {
    const lost = once(client, 'disconnect');
    broker.sockets[0]?.write('>> 99 0 1 a - attempt=1\r\n');
    const [{ reason }] = await lost;
    expect(reason.code).to.equal('protocol');
  });

  describe('close', () => {
    it('waits until the broker has carried out everything', async () => {
      broker.flushes = false;
      const send = client.send('a', 'x');
      let closed = false;
      const closing = client.close().then(() => {
        closed = true;
      });
      const [sent, flush] = await broker.several(2);
      await arrive();
      expect(closed).to.equal(false);
      sent?.say(`++ ${sent.tag}\r\n`);
      flush?.say(`++ ${flush.tag} v=2\r\n`);
      await closing;
      await send;
    });

    it('fails what waits, and every call after it', async () => {
      broker.takes = ({ command, say, tag }) => {
        if (command.kind === 'take-back') say(`** ${tag}\r\n`);
        return true;
      };
      const stream = client.receive('c');
      const waiting = [
        client.ready('a'),
        client.query('a', ''),
        client.ready('b'),
        stream.next(),
        client.serve('d', async () => undefined),
      ].map(codeOf);
      await arrive();
      await client.close();
      expect(await Promise.all(waiting)).to.deep.equal(Array(5).fill('closed'));
      const after = [
        client.send('a', ''),
        client.ready('a'),
        client.query('a', ''),
        client.flush(),
        client.control.stats(),
      ];
      expect(await Promise.all(after.map(codeOf))).to.deep.equal(Array(5).fill('closed'));
      await client.close();
    });

    it('loses no message that comes in that moment', async () => {
      const ready = client.ready('a');
      const { tag } = await broker.next();
      broker.takes = ({ command, say }) => {
        if (command.kind === 'take-back') say(`>> ${tag} 0 60 a - attempt=1\r\n`);
        return true;
      };
      await client.close();
      expect((await ready)?.to).to.equal('a');
    });
  });
});
