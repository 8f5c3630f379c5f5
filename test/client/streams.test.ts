import { once } from 'node:events';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { type Client, connect, type LeasedMessage } from '../../src/client/index.js';
import { STANDARD } from '../../src/domain/message.js';
import { FakeBroker, type Heard } from './fake-broker.js';
import { arrive, codeOf, reasonOf } from './support.js';

describe('messages under a lease', () => {
  let broker: FakeBroker;
  let client: Client;

  beforeEach(async () => {
    broker = await FakeBroker.start();
    client = await connect({ address: broker.address });
  });

  afterEach(async () => {
    broker.takes = ({ command, say, tag }) => {
      if (command.kind === 'take-back') say(`** ${tag}\r\n`);
      return true;
    };
    await client.close().catch(() => undefined);
    await broker.stop();
  });

  /** Hands a message to a receive; its body is its number. */
  function hand({ tag, say }: Heard, number: number, options = 'attempt=1'): void {
    const body = String(number);
    say(`>> ${tag} ${body.length} 60 a r ${options} delivery=@d${number}\r\n${body}\r\n`);
  }

  /** A command in short. */
  function short({ command }: Heard): string {
    switch (command.kind) {
      case 'receive':
        return `<< ${command.addresses.join(' ')} count=${command.count} lease=${command.lease} timeout=${command.timeout}`;
      case 'done':
        return `++ ${command.delivery}`;
      case 'give-back':
        return `-- ${command.delivery} ${command.delay}`;
      case 'keep':
        return `~~ ${command.delivery} ${command.lease}`;
      case 'send':
        return `>> ${command.to} ${command.body}`;
      default:
        return command.kind;
    }
  }

  const shorts = async (count: number) => (await broker.several(count)).map(short);
  const FOR_EVER = 999_999_999_999;

  describe('receive', () => {
    it('takes as many as it may have at a time, and the next when one is done', async () => {
      const stream = client.receive(['a', 'b'], { concurrency: 2, lease: 10 });
      const first = stream.next();
      const receive = await broker.next();
      expect(short(receive)).to.equal(`<< a b count=2 lease=10000 timeout=${FOR_EVER}`);
      hand(receive, 1);
      hand(receive, 2);
      const message = (await first).value as LeasedMessage;
      expect(message.text()).to.equal('1');
      expect((await stream.next()).value?.text()).to.equal('2');
      const third = stream.next();
      await arrive();
      expect(broker.unheard).to.equal(0);
      await message.done();
      const again = await broker.several(2);
      expect(again.map(short)).to.deep.equal(['++ @d1', `<< a b count=1 lease=10000 timeout=${FOR_EVER}`]);
      hand(again[1] as Heard, 3, 'attempt=2');
      expect((await third).value).to.include({ attempt: 2, replyTo: 'r' });
    });

    it('ends after so many', async () => {
      broker.takes = (heard) => {
        if (heard.command.kind === 'receive') hand(heard, 7);
        return true;
      };
      const seen: string[] = [];
      for await (const message of client.receive('a', { count: 3 })) {
        seen.push(message.text());
        await message.done();
      }
      expect(seen).to.deep.equal(['7', '7', '7']);
    });

    it('ends when its time has run out', async () => {
      broker.takes = ({ tag, say }) => {
        say(`** ${tag}\r\n`);
        return true;
      };
      const seen: LeasedMessage[] = [];
      for await (const message of client.receive('a', { timeout: 0 })) seen.push(message);
      expect(seen).to.deep.equal([]);
    });

    it('gives back at a break what was not seen, and takes the receive back', async () => {
      const stream = client.receive('a', { concurrency: 3 });
      const first = stream.next();
      const receive = await broker.next();
      hand(receive, 1);
      hand(receive, 2);
      const { value: message } = await first;
      await arrive();
      await stream.return?.();
      expect(await shorts(2)).to.deep.equal(['take-back', '-- @d2 0']);
      await message?.done();
      expect(await shorts(1)).to.deep.equal(['++ @d1']);
      expect((await stream.next()).done).to.equal(true);
    });

    it('gives back at a break what was on its way', async () => {
      const stream = client.receive('a', { concurrency: 2 });
      const first = stream.next();
      const receive = await broker.next();
      hand(receive, 1);
      await first;
      await stream.return?.();
      expect(await shorts(1)).to.deep.equal(['take-back']);
      hand(receive, 2);
      await arrive();
      expect(broker.unheard).to.equal(1);
      expect(await shorts(1)).to.deep.equal(['-- @d2 0']);
    });

    it('fails with its signal', async () => {
      const abort = new AbortController();
      const stream = client.receive('a', { signal: abort.signal });
      const next = stream.next();
      await broker.next();
      abort.abort('why');
      expect(await reasonOf(next)).to.equal('why');
      expect(await reasonOf(stream.next())).to.equal('why');
    });

    it('fails when it is refused', async () => {
      const next = client.receive('a').next();
      const { tag, say } = await broker.next();
      say(`-- ${tag} forbidden not there\r\n`);
      expect(await codeOf(next)).to.equal('forbidden');
    });

    it('a message can be given back and kept, and finished once', async () => {
      const stream = client.receive('a', { concurrency: 2 });
      const taken = stream.next();
      const receive = await broker.next();
      hand(receive, 1);
      hand(receive, 2);
      const first = (await taken).value as LeasedMessage;
      const second = (await stream.next()).value as LeasedMessage;
      await first.keep(12.5);
      await first.giveBack({ delay: 2 });
      await first.done();
      await second.done();
      await second.done();
      const next = `<< a count=1 lease=30000 timeout=${FOR_EVER}`;
      expect(await shorts(5)).to.deep.equal(['~~ @d1 12500', '-- @d1 2000', next, '++ @d2', next]);
      expect(broker.unheard).to.equal(0);
    });

    it('one whose lease is lost says so, and makes place', async () => {
      const stream = client.receive('a');
      const next = stream.next();
      const receive = await broker.next();
      hand(receive, 1);
      const message = (await next).value as LeasedMessage;
      const { signal } = message;
      const lost = once(client, 'leaseLost');
      receive.say('-- @d1 no-such-delivery its lease has run out\r\n');
      expect(await lost).to.deep.equal([message, false]);
      expect(signal.aborted).to.equal(true);
      expect(message.isOurs).to.equal(false);
      expect(await codeOf(message.done())).to.equal('no-such-delivery');
      expect(await shorts(1)).to.deep.equal([`<< a count=1 lease=30000 timeout=${FOR_EVER}`]);
    });

    it('one that was finished too late is told of', async () => {
      const stream = client.receive('a');
      const next = stream.next();
      const receive = await broker.next();
      hand(receive, 1);
      const lost = once(client, 'leaseLost');
      await (await next).value?.done();
      receive.say('-- @d1 no-such-delivery its lease has run out\r\n');
      const [message, late] = await lost;
      expect([message.text(), late]).to.deep.equal(['1', true]);
    });
  });

  describe('serve', () => {
    it('replies, waits for the receipt, finishes, and takes the next', async () => {
      const stop = new AbortController();
      const serving = client.serve('a', ({ body }) => `${body}!`, { signal: stop.signal });
      const receive = await broker.next();
      hand(receive, 1);
      const reply = await broker.next();
      expect(short(reply)).to.equal('>> r 1!');
      await arrive();
      expect(broker.unheard).to.equal(0);
      reply.say(`++ ${reply.tag}\r\n`);
      expect(await shorts(2)).to.deep.equal(['++ @d1', `<< a count=1 lease=30000 timeout=${FOR_EVER}`]);
      stop.abort();
      const back = await broker.next();
      back.say(`** ${back.tag}\r\n`);
      await serving;
    });

    it('sends nothing where nothing is returned', async () => {
      void client.serve('a', async () => undefined).catch(() => undefined);
      hand(await broker.next(), 1);
      expect((await shorts(2))[0]).to.equal('++ @d1');
    });

    it('lets so many work at a time', async () => {
      const ends: (() => void)[] = [];
      void client
        .serve('a', () => new Promise<void>((resolve) => ends.push(resolve)), { concurrency: 2 })
        .catch(() => undefined);
      const receive = await broker.next();
      hand(receive, 1);
      hand(receive, 2);
      await arrive();
      expect(ends.length).to.equal(2);
      expect(broker.unheard).to.equal(0);
      ends[1]?.();
      expect(await shorts(2)).to.deep.equal(['++ @d2', `<< a count=1 lease=30000 timeout=${FOR_EVER}`]);
    });

    it('gives back what its handler failed on, later each time', async () => {
      const failed: unknown[] = [];
      client.on('handlerFailed', (error) => failed.push(error));
      void client
        .serve('a', () => Promise.reject(new Error('no')), { concurrency: 3, retryDelay: (attempt) => attempt / 2 })
        .catch(() => undefined);
      const receive = await broker.next();
      hand(receive, 1);
      hand(receive, 2, 'attempt=2');
      const said = (await broker.several(3)).map(short);
      expect(said.slice(0, 2)).to.deep.equal(['-- @d1 500', '-- @d2 1000']);
      expect(failed.map((error) => (error as Error).message)).to.deep.equal(['no', 'no']);
    });

    it('gives back what it cannot answer, not even without an id', async () => {
      const failed = once(client, 'handlerFailed');
      void client.serve('a', () => 'yes').catch(() => undefined);
      hand(await broker.next(), 1);
      const reply = await broker.next();
      expect(reply.command).to.have.nested.property('options.id');
      reply.say(`-- ${reply.tag} full too many ids\r\n`);
      const again = await broker.next();
      expect(again.command).to.deep.include({ tag: reply.tag, body: 'yes', options: STANDARD });
      again.say(`-- ${again.tag} full no room\r\n`);
      expect((await failed)[0].code).to.equal('full');
      expect((await shorts(2))[0]).to.equal('-- @d1 1000');
    });

    it('aborts the handler whose lease is lost, and sends nothing for it', async () => {
      let aborted: () => void = () => undefined;
      const seen = new Promise<void>((resolve) => {
        aborted = resolve;
      });
      void client
        .serve('a', async (_message, signal) => {
          await once(signal, 'abort');
          aborted();
          return 'too late';
        })
        .catch(() => undefined);
      const receive = await broker.next();
      hand(receive, 1);
      await arrive();
      receive.say('-- @d1 no-such-delivery its lease has run out\r\n');
      await seen;
      expect(await shorts(1)).to.deep.equal([`<< a count=1 lease=30000 timeout=${FOR_EVER}`]);
    });

    it('extends leases for as long as handlers work', async () => {
      let end: () => void = () => undefined;
      void client
        .serve('a', () => new Promise<void>((resolve) => (end = resolve)), { lease: 0.15 })
        .catch(() => undefined);
      hand(await broker.next(), 1);
      expect(await shorts(3)).to.deep.equal(Array(3).fill('~~ @d1 150'));
      end();
      // One more may have been on its way.
      let next = short(await broker.next());
      if (next === '~~ @d1 150') next = short(await broker.next());
      expect(next).to.equal('++ @d1');
      expect(await shorts(1)).to.deep.equal([`<< a count=1 lease=150 timeout=${FOR_EVER}`]);
    });

    it('fails when it is refused', async () => {
      const serving = client.serve('a', () => undefined);
      const { tag, say } = await broker.next();
      say(`-- ${tag} forbidden not there\r\n`);
      expect(await codeOf(serving)).to.equal('forbidden');
    });

    for (const [how, tell] of [
      ['drain', () => void client.drain()],
      ['SIGTERM', () => void process.emit('SIGTERM')],
    ] as const) {
      it(`on ${how} it takes no more, finishes and leaves`, async () => {
        const listeners = process.listenerCount('SIGTERM');
        let end: () => void = () => undefined;
        const serving = client.serve('a', () => new Promise<void>((resolve) => (end = resolve)), { concurrency: 2 });
        const receive = await broker.next();
        hand(receive, 1);
        await arrive();
        tell();
        const back = await broker.next();
        expect(back.command).to.include({ kind: 'take-back', tag: receive.tag });
        back.say(`** ${back.tag}\r\n`);
        await arrive();
        expect(broker.open).to.equal(1);
        end();
        await serving;
        expect(await shorts(1)).to.deep.equal(['++ @d1']);
        await client.close();
        expect(broker.unheard).to.equal(0);
        expect(process.listenerCount('SIGTERM')).to.be.at.most(listeners);
      });
    }
  });
});
