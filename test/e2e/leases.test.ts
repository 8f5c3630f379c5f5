import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { LineClient } from '../support/line-client.js';
import { BrokerProcess, TestFolder } from '../support/process.js';

describe('leases, when a broker with a journal ends and starts again', function () {
  this.timeout(20_000);
  let folder: TestFolder;
  let broker: BrokerProcess;
  let path: string;

  beforeEach(async () => {
    folder = new TestFolder();
    path = folder.file('socket');
    broker = await start();
  });

  afterEach(async () => {
    await broker.end();
    folder.remove();
  });

  function start(): Promise<BrokerProcess> {
    return new BrokerProcess(['--address', path, '--journal', folder.file('journal.db')]).listening();
  }

  /** The next message's options, its body taken off. */
  async function message(client: LineClient): Promise<ReadonlyMap<string, string>> {
    const words = (await client.line()).split(' ');
    await client.take(Number(words[2]) + 2);
    return new Map(words.slice(6).map((word) => word.split('=') as [string, string]));
  }

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`${signal}: who has one goes on with it, and nobody else gets the message`, async () => {
      const worker = await LineClient.connect({ path });
      await worker.send('>> 1 3 600 jobs -\r\njob\r\n<< 2 5 jobs lease=60\r\n');
      expect(await worker.line()).to.equal('++ 1');
      const name = (await message(worker)).get('delivery');
      await broker.end(signal);
      await worker.closed;
      broker = await start();

      const again = await LineClient.connect({ path });
      await again.send(`<< 1 0 jobs\r\n~~ ${name} 60\r\n!! 2\r\n`);
      expect(await again.line()).to.equal('** 1');
      expect(await again.line()).to.match(/^\+\+ 2 v=2 .* journal=full$/);
      const other = await LineClient.connect({ path });
      await other.send(`++ ${name}\r\n`);
      expect(await other.line()).to.match(/no-such-delivery/);
      await again.send(`++ ${name}\r\n!! 3\r\n++ ${name}\r\n`);
      const answers = [await again.line(), await again.line()].sort();
      expect(answers[0]).to.match(/^\+\+ 3 /);
      expect(answers[1]).to.match(/no-such-delivery/);
      await again.close();
      await other.close();
    });
  }

  it('each further delivery shows a higher attempt, also across a restart', async () => {
    const worker = await LineClient.connect({ path });
    await worker.send('>> 1 3 600 jobs -\r\njob\r\n<< 2 5 jobs lease=60\r\n');
    await worker.line();
    expect((await message(worker)).get('attempt')).to.equal('1');
    await worker.close();
    const second = await LineClient.connect({ path });
    await second.send('<< 1 5 jobs lease=60\r\n');
    const delivery = await message(second);
    expect(delivery.get('attempt')).to.equal('2');
    await broker.end('SIGKILL');
    broker = await start();
    const third = await LineClient.connect({ path });
    await third.send(`-- ${delivery.get('delivery')}\r\n<< 1 5 jobs lease=60\r\n`);
    expect((await message(third)).get('attempt')).to.equal('3');
    await third.close();
  });
});
