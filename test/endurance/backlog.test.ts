import { statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Client, connect } from '../../src/client/index.js';
import { MortalBroker } from './mortal-broker.js';
import { resident } from './process-figures.js';
import { figure, size } from './sizes.js';

const MESSAGES = size('MESSAGES', 60_000);
const AT_ONCE = 1000;
const MIB = 1024 * 1024;

describe('a backlog much larger than memory', function () {
  this.timeout(MESSAGES + 120_000);

  it(`waits on the disk, in order, and leaves no trace (${MESSAGES} messages of 1 KiB)`, async () => {
    const broker = new MortalBroker(['--journal-memory', '16M']);
    try {
      await broker.start();
      let client = await connect({ address: broker.address, ids: false });
      let most = 0;
      const look = () => {
        most = Math.max(most, resident(broker.pid));
      };
      const begun = performance.now();
      for (let i = 0; i < MESSAGES; i += AT_ONCE) {
        await send(client, i, Math.min(MESSAGES, i + AT_ONCE));
        look();
      }
      figure(`sent in ${seconds(begun)} s; ${most} MiB resident at most, ${fileSize(broker)} MiB of file`);
      expect(await waiting(client)).to.equal(MESSAGES);

      await client.close();
      await broker.kill();
      await broker.start();
      figure(`took sends again ${broker.starts.at(-1)?.toFixed(0)} ms after it was started anew`);
      client = await connect({ address: broker.address, ids: false });

      most = 0;
      const received = performance.now();
      let next = 0;
      for await (const message of client.receive('work', { concurrency: 200, lease: 60 })) {
        expect(Number(message.body.subarray(0, 10))).to.equal(next);
        void message.done();
        next++;
        if (next % AT_ONCE === 0) look();
        if (next === MESSAGES) break;
      }
      await client.flush();
      figure(`received in ${seconds(received)} s; ${most} MiB resident at most`);
      const emptied = performance.now();
      while (fileSize(broker) > 64) await pause(50);
      figure(`${fileSize(broker)} MiB of file ${seconds(emptied)} s later`);
      expect(await waiting(client)).to.equal(0);
      await client.close();
    } finally {
      await broker.end();
    }
  });
});

async function send(client: Client, from: number, to: number): Promise<void> {
  const sends: Promise<unknown>[] = [];
  for (let i = from; i < to; i++) {
    sends.push(client.send('work', String(i).padStart(10, '0').padEnd(1024, '.'), { timeout: 86_400 }));
  }
  await Promise.all(sends);
}

async function waiting(client: Client): Promise<number> {
  const { queues } = await client.control.queues({ prefix: 'work' });
  return queues[0]?.messages ?? 0;
}

function fileSize(broker: MortalBroker): number {
  return Math.round(statSync(broker.journal).size / MIB);
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}
