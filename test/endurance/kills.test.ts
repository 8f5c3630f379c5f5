import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Client, connect } from '../../src/client/index.js';
import { MortalBroker } from './mortal-broker.js';
import { figure, quantile, size } from './sizes.js';

const KILLS = size('KILLS', 5);
/** Messages that nobody takes, all the while. */
const BALLAST = size('BALLAST', 2000);
const PER_SECOND = 500;
const CONSUMERS = 4;

/** What the test saw of one message. */
interface Seen {
  receipted: boolean;
  readonly attempts: number[];
}

describe('a broker killed at any moment', function () {
  this.timeout(KILLS * 15_000 + BALLAST + 60_000);

  it(`loses nothing that had a receipt, and hands nothing out twice without telling (${KILLS} kills)`, async () => {
    const broker = new MortalBroker();
    const clients: Client[] = [];
    const client = async () => {
      const made = await connect({ address: broker.address, reconnect: { max: 0.2 } });
      clients.push(made);
      return made;
    };
    try {
      await broker.start();
      const producer = await client();
      await fill(producer);
      const seen: Seen[] = [];
      for (let i = 0; i < CONSUMERS; i++) void consume(await client(), seen);
      const load = new Load(producer, seen);
      for (let i = 0; i < KILLS; i++) {
        await pause(500 * Math.random());
        await broker.kill();
        expect(broker.check()).to.equal('ok');
        const back = once(producer, 'reconnect');
        await broker.start();
        await back;
      }
      await load.end();
      await eventually(() => seen.every(({ attempts }) => attempts.length > 0));

      const twice = seen.filter(({ attempts }) => attempts.length > 1);
      expect(seen.filter(({ receipted, attempts }) => receipted && attempts.length === 0)).to.deep.equal([]);
      for (const { attempts } of twice) expect(attempts, String(attempts)).to.deep.equal(increasing(attempts));
      const { queues } = await producer.control.queues();
      expect(queues.find(({ name }) => name === 'ballast')?.messages).to.equal(BALLAST);
      figure(`${seen.length} sent, ${twice.length} delivered more than once, each with a higher attempt`);
      figure(`ready after ${show(quantile(broker.starts, 0.5))}, at most ${show(Math.max(...broker.starts))} ms`);
    } finally {
      await Promise.allSettled(clients.map((one) => one.close()));
      await broker.end();
    }
  });
});

async function fill(producer: Client): Promise<void> {
  const sends: Promise<unknown>[] = [];
  for (let i = 0; i < BALLAST; i++) sends.push(producer.send('ballast', 'x'.repeat(100), { timeout: 86_400 }));
  await Promise.all(sends);
}

function consume(client: Client, seen: Seen[]): Promise<void> {
  return client.serve(
    'work',
    async (message) => {
      seen[Number(message.text())]?.attempts.push(message.attempt);
      // Work that a kill can come in the middle of.
      await pause(20 * Math.random());
      return undefined;
    },
    { concurrency: 16, lease: 2, signals: false },
  );
}

/** Sends numbered messages at a constant rate, broker or no broker. */
class Load {
  readonly #sends: Promise<void>[] = [];
  readonly #timer: NodeJS.Timeout;
  #debt = 0;

  constructor(
    private readonly producer: Client,
    private readonly seen: Seen[],
  ) {
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#debt += ((now - last) * PER_SECOND) / 1000;
      last = now;
      for (; this.#debt >= 1; this.#debt--) this.#send();
    }, 10);
  }

  #send(): void {
    const mine: Seen = { receipted: false, attempts: [] };
    const number = this.seen.push(mine) - 1;
    const sent = this.producer.send('work', String(number), { timeout: 3600 }).then(() => {
      mine.receipted = true;
    });
    // It is looked at in the end.
    sent.catch(() => undefined);
    this.#sends.push(sent);
  }

  /** Resolves when every message has its receipt. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#sends);
  }
}

/** The same numbers, each at least one more than the one before. */
function increasing(numbers: readonly number[]): number[] {
  const result: number[] = [];
  for (const number of numbers) result.push(Math.max(number, (result.at(-1) ?? 0) + 1));
  return result;
}

async function eventually(what: () => boolean): Promise<void> {
  while (!what()) await pause(20);
}

function show(milliseconds: number): string {
  return milliseconds.toFixed(0);
}
