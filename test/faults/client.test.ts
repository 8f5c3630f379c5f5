import { once } from 'node:events';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { type Client, connect } from '../../src/client/index.js';
import { BrokerProcess, TestFolder } from '../support/process.js';

/** Numbered jobs, and how often the broker is killed meanwhile. */
const JOBS = 10_000;
const KILLS = 5;
/** Sends under way at a time. */
const SENDERS = 200;

describe('a client whose broker is killed', function () {
  this.timeout(120_000);
  let folder: TestFolder;
  let broker: BrokerProcess;
  let clients: Client[];

  beforeEach(async () => {
    folder = new TestFolder();
    clients = [];
    await startBroker();
  });

  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await broker.end();
    folder.remove();
  });

  async function startBroker(): Promise<void> {
    const options = ['--network', 'unix', '--address', folder.file('socket'), '--journal', folder.file('journal.db')];
    broker = await new BrokerProcess([...options, '--journal-sync', 'normal']).listening();
  }

  async function connected(): Promise<Client> {
    const client = await connect({ address: `unix:${folder.file('socket')}`, reconnect: { max: 0.2 } });
    clients.push(client);
    return client;
  }

  /** Kills the broker and starts it again each time so many more numbers were seen; resolves after the last. */
  async function killEvery(numbers: number, seen: ReadonlyMap<number, unknown>, more: () => Promise<void>) {
    for (let kill = 1; kill <= KILLS; kill++) {
      while (seen.size < kill * numbers) await more();
      await broker.end('SIGKILL');
      await startBroker();
    }
  }

  it('sends each of 10,000 jobs, and each is seen, and none twice but as another attempt', async () => {
    const [sender, consumer] = [await connected(), await connected()];
    /** By number, the attempts that were seen. */
    const seen = new Map<number, number[]>();
    let progress: () => void = () => undefined;
    const stop = new AbortController();
    const serving = consumer.serve(
      'jobs',
      async ({ body, attempt }) => {
        const number = Number(body);
        seen.set(number, [...(seen.get(number) ?? []), attempt]);
        if (seen.size === JOBS) stop.abort();
        progress();
      },
      { concurrency: 50, signal: stop.signal, signals: false },
    );
    const killing = killEvery(JOBS / (KILLS + 1), seen, () => new Promise((resolve) => (progress = resolve)));

    let next = 0;
    const send = async () => {
      while (next < JOBS) {
        const number = next++;
        await sender.send('jobs', String(number), { timeout: 3600, id: `job-${number}` });
      }
    };
    await Promise.all(Array.from({ length: SENDERS }, send));
    await Promise.all([killing, serving]);

    expect(seen.size).to.equal(JOBS);
    const twice = [...seen].filter(([, attempts]) => attempts.filter((attempt) => attempt === 1).length > 1);
    expect(twice).to.deep.equal([]);
    await consumer.flush();
    // Whatever was seen and not known to be done comes again later; nothing else is left.
    const { messages } = (await sender.control.stats()) as { messages: number };
    expect(messages).to.equal(0);
  });

  it('gets the answer to a question that was asked before', async () => {
    const [asker, answerer] = [await connected(), await connected()];
    const answer = asker.query('sums', '2+2', { timeout: 60 });
    await asker.flush();
    await broker.end('SIGKILL');
    const back = Promise.all([once(asker, 'reconnect'), once(answerer, 'reconnect')]);
    await startBroker();
    await back;
    const question = await answerer.ready('sums');
    await question?.reply('4');
    expect((await answer)?.text()).to.equal('4');
  });

  it('goes on with what it had under a lease', async () => {
    const [worker, sender] = [await connected(), await connected()];
    await sender.send('jobs', 'long', { timeout: 600 });
    const stream = worker.receive('jobs', { lease: 30 });
    const { value: job } = await stream.next();
    await broker.end('SIGKILL');
    const back = once(worker, 'reconnect');
    await startBroker();
    await back;
    expect(job?.isOurs).to.equal(true);
    await job?.done();
    await worker.flush();
    await sender.control.queues();
    const stats = await sender.control.stats();
    expect(stats).to.include({ messages: 0, deliveries: 0 });
    await stream.return?.();
  });
});
