import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { Control } from '../../src/domain/control.js';
import type { SendOptions } from '../../src/domain/message.js';
import type { Exchange } from '../../src/ports/exchange.js';
import { delivered, Hearer, type Hearing, Listener, message, settleAll, Teller, wanted } from '../support/exchange.js';

/** What the suite needs besides the exchange itself. */
export interface ExchangeUnderTest {
  readonly exchange: Exchange;
  /** Why what came without a lease can't be given back; undefined: it can. */
  readonly finishedAtOnce?: string;
  /** Lets so many milliseconds pass for the exchange. */
  advance(milliseconds: number): Promise<void> | void;
  /** Resolves when all that was asked so far is done and all it answers has come. */
  settled(): Promise<void> | void;
  close(): Promise<void> | void;
}

/** What every exchange promises, in one process or over a socket. */
export function describeExchange(name: string, make: () => Promise<ExchangeUnderTest> | ExchangeUnderTest): void {
  describe(`${name} as an exchange`, () => {
    let world: ExchangeUnderTest;
    let exchange: Exchange;
    let teller: Teller;

    beforeEach(async () => {
      world = await make();
      exchange = world.exchange;
      teller = new Teller();
    });

    afterEach(() => world.close());

    const send = async (
      to: string,
      body: string,
      seconds = 60,
      replyTo?: string,
      options?: Partial<SendOptions>,
      tag = body,
    ) => {
      exchange.send(message(to, body, seconds, replyTo, options), teller, tag);
      await world.settled();
    };

    const receive = async (
      addresses: string | readonly string[],
      seconds = 60,
      count = 1,
      lease = 0,
    ): Promise<Hearing> => {
      const receiver = new Hearer();
      const hearing = { receiver, receive: exchange.receive(wanted(addresses, seconds, count, lease), receiver) };
      await world.settled();
      return hearing;
    };

    const takeAll = async (address: string): Promise<string[]> => {
      const { receiver } = await receive(address, 0, 1000);
      settleAll(exchange, receiver);
      await world.settled();
      return receiver.bodies;
    };

    it('delivers what was sent, as it was sent', async () => {
      const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
      await send('a', bytes, 7, 'answers', { id: 'x' });
      const { receiver } = await receive('a');
      expect(delivered(receiver.deliveries[0])).to.deep.equal(message('a', bytes, 7, 'answers', { id: 'x' }));
      expect(receiver.deliveries[0]).to.include({ at: 'a', attempt: 1, name: undefined, lease: 0 });
      expect(teller.accepts).to.deep.equal([bytes]);
    });

    it('delivers no reply address where none was given, and empty bodies', async () => {
      await send('a', '');
      const { receiver } = await receive('a');
      expect(receiver.deliveries[0]?.message).to.include({ replyTo: undefined, body: '' });
    });

    it('hands messages over in the order in which they were taken', async () => {
      for (const body of ['1', '2', '3', '4']) await send('a', body);
      expect((await receive('a')).receiver.bodies).to.deep.equal(['1']);
      expect(await takeAll('a')).to.deep.equal(['2', '3', '4']);
    });

    it('keeps addresses apart', async () => {
      await send('a', 'for a');
      expect(await takeAll('b')).to.deep.equal([]);
      expect(await takeAll('a')).to.deep.equal(['for a']);
    });

    it('takes from the first address named that holds something', async () => {
      await send('b', 'in b');
      await send('a', 'in a');
      expect((await receive(['c', 'a', 'b'])).receiver.bodies).to.deep.equal(['in a']);
    });

    it('counts an address named twice once', async () => {
      const { receiver } = await receive(['a', 'b', 'a'], 60, 2);
      const other = await receive('a');
      for (const body of ['1', '2', '3']) await send('a', body);
      expect(receiver.bodies).to.deep.equal(['1', '3']);
      expect(other.receiver.bodies).to.deep.equal(['2']);
    });

    it('serves receivers first come first served', async () => {
      const hearings = [await receive('a'), await receive('a'), await receive('a')];
      for (const body of ['1', '2', '3']) await send('a', body);
      expect(hearings.map(({ receiver }) => receiver.bodies)).to.deep.equal([['1'], ['2'], ['3']]);
    });

    it('lets a receiver leave all its lines at once', async () => {
      const { receiver } = await receive(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
      await send('h', 'first');
      for (const to of ['a', 'b', 'h']) await send(to, `left in ${to}`);
      expect(receiver.bodies).to.deep.equal(['first']);
      for (const to of ['a', 'b', 'h']) expect(await takeAll(to)).to.deep.equal([`left in ${to}`]);
    });

    it('sends a receiver of several messages to the end of its lines after each', async () => {
      const many = await receive(['a', 'b'], 60, 3);
      const one = await receive('b');
      await send('a', '1');
      await send('b', '2');
      await send('b', '3');
      await send('a', '4');
      expect(many.receiver.bodies).to.deep.equal(['1', '3', '4']);
      expect(one.receiver.bodies).to.deep.equal(['2']);
      expect(many.receive.waiting).to.equal(false);
      await send('a', '5');
      expect(await takeAll('a')).to.deep.equal(['5']);
    });

    it('goes on delivering to who wants all', async () => {
      await send('a', '1');
      const { receiver, receive: all } = await receive('a', Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
      for (const body of ['2', '3', '4']) await send('a', body);
      expect(receiver.bodies).to.deep.equal(['1', '2', '3', '4']);
      expect(all.waiting).to.equal(true);
      await world.advance(1_000_000_000);
      expect(receiver.expirations).to.equal(0);
      exchange.withdraw(all);
    });

    it('shares one queue among all labels of a mailbox', async () => {
      await send('~m~1', 'one');
      await send('~m', 'plain');
      await send('~m~2~x', 'two');
      await send('~n~1', 'not ours');
      const { receiver } = await receive('~m', 0, 10);
      expect(receiver.deliveries.map(({ message: { to, body } }) => `${to} ${body}`)).to.deep.equal([
        '~m~1 one',
        '~m plain',
        '~m~2~x two',
      ]);
    });

    it('wakes who waits on a mailbox by a message to its label', async () => {
      const { receiver } = await receive('~m');
      await send('~m~7', 'one');
      expect(receiver.of('one').message.to).to.equal('~m~7');
    });

    describe('when time passes', () => {
      it('answers a timeout of 0 at once', async () => {
        const { receiver, receive: over } = await receive('a', 0);
        expect(receiver.expirations).to.equal(1);
        expect(over.waiting).to.equal(false);
      });

      it('answers a timeout of 0 with what is there, and says when that was not all', async () => {
        await send('a', '1');
        const enough = await receive('a', 0, 1);
        expect([enough.receiver.bodies, enough.receiver.expirations]).to.deep.equal([['1'], 0]);
        await send('a', '2');
        const less = await receive('a', 0, 2);
        expect([less.receiver.bodies, less.receiver.expirations]).to.deep.equal([['2'], 1]);
      });

      it('ends a receive when its time runs out, once', async () => {
        const { receiver, receive: over } = await receive(['a', 'b'], 5);
        await world.advance(4990);
        expect(receiver.expirations).to.equal(0);
        expect(over.waiting).to.equal(true);
        await world.advance(50);
        expect(receiver.expirations).to.equal(1);
        expect(over.waiting).to.equal(false);
        await send('a', 'late');
        await world.advance(10_000);
        expect([receiver.bodies, receiver.expirations]).to.deep.equal([[], 1]);
        expect(await takeAll('a')).to.deep.equal(['late']);
      });

      it('gives a receive of several messages one timeout for the whole', async () => {
        const { receiver } = await receive('a', 5, 3);
        await world.advance(4000);
        await send('a', '1');
        await world.advance(1040);
        await send('a', '2');
        expect([receiver.bodies, receiver.expirations]).to.deep.equal([['1'], 1]);
      });

      it('lets a message wait as long as it may, and no longer', async () => {
        await send('a', 'short', 5);
        await send('a', 'long', 6);
        await world.advance(4990);
        await send('a', 'newer', 60);
        await world.advance(50);
        expect(await takeAll('a')).to.deep.equal(['long', 'newer']);
      });

      it('lets a message with a timeout of 0 live for a second', async () => {
        await send('a', 'zero', 0);
        await world.advance(900);
        expect(await takeAll('a')).to.deep.equal(['zero']);
        await send('a', 'zero', 0);
        await world.advance(1040);
        expect(await takeAll('a')).to.deep.equal([]);
      });
    });

    describe('withdraw', () => {
      it('takes a receive back from all its lines', async () => {
        const { receiver, receive: back } = await receive(['a', 'b'], 5);
        exchange.withdraw(back);
        await world.settled();
        expect(back.waiting).to.equal(false);
        await send('a', '1');
        await send('b', '2');
        await world.advance(5100);
        expect([receiver.bodies, receiver.expirations]).to.deep.equal([[], 0]);
        expect([await takeAll('a'), await takeAll('b')]).to.deep.equal([['1'], ['2']]);
      });

      it('leaves one that is over as it is', async () => {
        await send('a', '1');
        const { receiver, receive: over } = await receive('a');
        exchange.withdraw(over);
        await world.settled();
        expect(receiver.bodies).to.deep.equal(['1']);
        expect(await takeAll('a')).to.deep.equal([]);
      });

      it('leaves the others in line where they are', async () => {
        const [first, second, third] = [await receive('a'), await receive('a'), await receive('a')];
        exchange.withdraw(second.receive);
        await send('a', '1');
        await send('a', '2');
        expect([first.receiver.bodies, third.receiver.bodies]).to.deep.equal([['1'], ['2']]);
      });
    });

    describe('settle and give back', () => {
      it('never delivers again what is settled', async () => {
        await send('a', '1');
        const { receiver } = await receive('a');
        exchange.settle(receiver.of('1'));
        await world.settled();
        expect(await takeAll('a')).to.deep.equal([]);
      });

      it('keeps what is out for as long as its receiver wants', async () => {
        await send('a', '1', 5);
        const { receiver } = await receive('a');
        await world.advance(100_000);
        exchange.settle(receiver.of('1'));
        await world.settled();
        expect(receiver.bodies).to.deep.equal(['1']);
      });
    });

    describe('give back without a lease', () => {
      beforeEach(function () {
        if (world.finishedAtOnce === undefined) return;
        const { currentTest } = this;
        if (currentTest !== undefined) currentTest.title += ` (skipped: ${world.finishedAtOnce})`;
        this.skip();
      });

      it('puts a message back at the head of its queue', async () => {
        await send('a', '1');
        await send('a', '2');
        const { receiver } = await receive('a');
        await send('a', '3');
        exchange.giveBack(receiver.of('1'), 0);
        await world.settled();
        expect(await takeAll('a')).to.deep.equal(['1', '2', '3']);
      });

      it('puts several back into their old places, in whatever order they come', async () => {
        for (const body of ['1', '2', '3', '4', '5']) await send('a', body);
        const { receiver } = await receive('a', 0, 4);
        await send('a', '6');
        for (const body of ['3', '1', '4', '2']) exchange.giveBack(receiver.of(body), 0);
        await world.settled();
        expect(await takeAll('a')).to.deep.equal(['1', '2', '3', '4', '5', '6']);
      });

      it('gives what comes back to who waits already', async () => {
        await send('~m~1', '1');
        const { receiver } = await receive('~m');
        const next = await receive('~m');
        exchange.giveBack(receiver.of('1'), 0);
        await world.settled();
        expect(next.receiver.of('1').message.to).to.equal('~m~1');
        expect(await takeAll('~m')).to.deep.equal([]);
      });

      it('drops what comes back after its timeout', async () => {
        await send('a', '1', 5);
        const { receiver } = await receive('a');
        await world.advance(5040);
        exchange.giveBack(receiver.of('1'), 0);
        await world.settled();
        expect(await takeAll('a')).to.deep.equal([]);
      });
    });

    describe('under a lease', () => {
      it('names each delivery, and counts its attempts', async () => {
        await send('a', '1');
        const { receiver } = await receive('a', 60, 2, 30);
        const first = receiver.of('1');
        expect(first).to.include({ attempt: 1, lease: 30_000 });
        expect(first.name).to.match(/^@.{3,}$/);
        exchange.keep(first, 30_000);
        exchange.giveBack(first, 0);
        await world.settled();
        const second = receiver.of('1');
        expect(second.attempt).to.equal(2);
        expect(second.name).not.to.equal(first.name);
        exchange.settle(second);
        await world.settled();
        expect(await takeAll('a')).to.deep.equal([]);
      });

      it('puts what is given back into its old place', async () => {
        for (const body of ['1', '2', '3', '4']) await send('a', body);
        const { receiver } = await receive('a', 0, 3, 30);
        for (const body of ['2', '1', '3']) exchange.giveBack(receiver.of(body), 0);
        await world.settled();
        expect(await takeAll('a')).to.deep.equal(['1', '2', '3', '4']);
      });

      it('lets what is given back wait', async () => {
        await send('a', '1');
        const { receiver } = await receive('a', 0, 1, 30);
        exchange.giveBack(receiver.of('1'), 5000);
        await world.settled();
        expect(await takeAll('a')).to.deep.equal([]);
        await world.advance(5040);
        expect(await takeAll('a')).to.deep.equal(['1']);
      });

      it('takes back what was not finished in time, and says so', async () => {
        await send('a', '1');
        const { receiver } = await receive('a', 60, 1, 30);
        const delivery = receiver.of('1');
        exchange.keep(delivery, 30_000);
        await world.settled();
        await world.advance(29_000);
        expect(receiver.lapses).to.deep.equal([]);
        await world.advance(1040);
        expect(receiver.lapses).to.deep.equal([delivery]);
        exchange.settle(delivery);
        await world.settled();
        expect(await takeAll('a')).to.deep.equal(['1']);
      });

      it('lasts as long as it is kept', async () => {
        await send('a', '1', 300);
        const { receiver } = await receive('a', 60, 1, 10);
        exchange.keep(receiver.of('1'), 10_000);
        await world.settled();
        for (let i = 0; i < 5; i++) {
          await world.advance(9000);
          exchange.keep(receiver.of('1'), 10_000);
          await world.settled();
        }
        expect(receiver.lapses).to.deep.equal([]);
        exchange.settle(receiver.of('1'));
        await world.settled();
        expect(await takeAll('a')).to.deep.equal([]);
      });
    });

    describe('the dead', () => {
      const useUp = async (address: string, attempts: number) => {
        for (let i = 0; i < attempts; i++) {
          const { receiver } = await receive(address, 0, 1, 30);
          for (const delivery of receiver.deliveries) {
            exchange.keep(delivery, 30_000);
            exchange.giveBack(delivery, 0);
          }
          await world.settled();
        }
      };

      it('go to their dead address, with the one they were sent to', async () => {
        await send('~m~1', '1', 60, 'r', { attempts: 2 });
        await useUp('~m', 2);
        expect(await takeAll('~m')).to.deep.equal([]);
        const { receiver } = await receive('dead:~m~1', 0, 1, 30);
        const dead = receiver.of('1');
        expect(dead.at).to.equal('dead:~m~1');
        expect(dead.message).to.include({ to: '~m~1', replyTo: 'r' });
      });

      it('go where their sender said, or nowhere', async () => {
        await send('a', '1', 60, undefined, { attempts: 1, dead: 'lost' });
        await send('a', '2', 60, undefined, { attempts: 1, dead: '' });
        await useUp('a', 2);
        expect(await takeAll('lost')).to.deep.equal(['1']);
        expect(await takeAll('dead:a')).to.deep.equal([]);
      });
    });

    describe('what a sender can ask for', () => {
      it('an id is taken once', async () => {
        await send('a', 'x', 60, 'r', { id: 'i' }, 'first');
        await send('a', 'x', 60, 'r', { id: 'i' }, 'second');
        await send('a', 'y', 60, 'r', { id: 'i' }, 'third');
        expect(teller.accepts).to.deep.equal(['first', 'second']);
        expect(teller.duplicates).to.deep.equal(['second']);
        expect(teller.refusals.map(({ tag, refusal }) => `${tag} ${refusal.code}`)).to.deep.equal([
          'third id-conflict',
        ]);
        expect(await takeAll('a')).to.deep.equal(['x']);
      });

      it('a delay', async () => {
        await send('a', 'later', 60, undefined, { delay: 10_000 });
        await send('a', 'now');
        expect(await takeAll('a')).to.deep.equal(['now']);
        await world.advance(10_040);
        expect(await takeAll('a')).to.deep.equal(['later']);
      });

      it('a receipt when it is finished', async () => {
        await send('a', '1', 60, undefined, { receipt: 'done' });
        await send('a', '2', 5, undefined, { receipt: 'done' });
        expect(teller.accepts).to.deep.equal([]);
        const { receiver } = await receive('a', 0, 1, 30);
        exchange.keep(receiver.of('1'), 30_000);
        exchange.settle(receiver.of('1'));
        await world.settled();
        expect(teller.accepts).to.deep.equal(['1']);
        await world.advance(5040);
        expect(teller.refusals.map(({ tag, refusal }) => `${tag} ${refusal.code}`)).to.deep.equal(['2 expired']);
      });

      it('not to be delivered again once it is answered', async () => {
        await send('a', 'question', 60, 'r', { once: true, dead: 'lost' });
        const { receiver } = await receive('a', 0, 1, 30);
        exchange.keep(receiver.of('question'), 30_000);
        await send('r', 'answer');
        exchange.giveBack(receiver.of('question'), 0);
        await world.settled();
        expect(await takeAll('a')).to.deep.equal([]);
        expect(await takeAll('lost')).to.deep.equal(['question']);
      });

      it('no dead letters of its own', async () => {
        await send('dead:a', '1');
        expect(teller.refusals.map(({ refusal }) => refusal.code)).to.deep.equal(['bad-address']);
      });
    });

    describe('control', () => {
      const ask = async (control: Control): Promise<object | string> => {
        const listener = new Listener();
        exchange.control(control, listener, 't');
        await world.settled();
        return listener.answers.get('t') ?? listener.refusals.map(({ refusal }) => refusal.code).join();
      };

      it('recalls what is queued', async () => {
        await send('a', '1', 60, undefined, { id: 'i' });
        expect(await ask({ command: 'recall', address: 'a', id: 'i' })).to.deep.equal({ recalled: true });
        expect(await ask({ command: 'recall', address: 'a', id: 'i' })).to.deep.equal({ recalled: false });
        expect(await takeAll('a')).to.deep.equal([]);
      });

      it('pauses an address', async () => {
        expect(await ask({ command: 'pause', address: 'a' })).to.deep.equal({ paused: true });
        await send('a', '1');
        const { receiver } = await receive('a');
        expect(receiver.bodies).to.deep.equal([]);
        expect(await ask({ command: 'resume', address: 'a' })).to.deep.equal({ paused: false });
        expect(receiver.bodies).to.deep.equal(['1']);
      });

      it('purges, and shows what is there', async () => {
        await send('a', '1');
        await send('a', '2');
        const peeked = await ask({ command: 'peek', address: 'a', count: 1 });
        expect(JSON.stringify(peeked)).to.contain('"body":"1"');
        expect(await ask({ command: 'purge', address: 'a' })).to.deep.equal({ purged: 2 });
        expect(await ask({ command: 'stats' })).to.include({ messages: 0, sent: 2 });
      });
    });
  });
}
