import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { LineClient } from '../support/line-client.js';
import { BrokerProcess, type Ended, TestFolder } from '../support/process.js';

const ADDRESSES = 100;
const EACH = 100;

describe('a broker with a journal, ended and started again', () => {
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

  /** 10,000 messages, numbered at each of 100 addresses. */
  function everything(): string {
    let text = '';
    for (let n = 0; n < EACH; n++) {
      for (let to = 0; to < ADDRESSES; to++) text += `> ${String(n).length} 600 to-${to}\r\n${n}\r\n`;
    }
    return text;
  }

  async function expectEverything(): Promise<void> {
    const client = await LineClient.connect({ path });
    for (let to = 0; to < ADDRESSES; to++) {
      await client.send(`< 0 to-${to}\r\n`.repeat(EACH + 1));
      const numbers: number[] = [];
      for (let n = 0; n < EACH; n++) numbers.push(Number((await client.message()).body));
      expect(numbers).to.deep.equal(Array.from({ length: EACH }, (_, n) => n));
      expect(await client.line()).to.equal('*');
    }
    await client.close();
  }

  async function endAndStart(signal: NodeJS.Signals): Promise<Ended> {
    const ended = await broker.end(signal);
    broker = await start();
    return ended;
  }

  it('SIGKILL, once all is on disk: everything comes back in order, nothing twice', async () => {
    const client = await LineClient.connect({ path });
    await client.send(`${everything()}.\r\n`);
    // The broker closes the connection when everything it sent is on disk.
    await client.closed;
    expect(await endAndStart('SIGKILL')).to.equal('SIGKILL');
    await expectEverything();
  });

  it('SIGTERM, without waiting: the same', async () => {
    const client = await LineClient.connect({ path });
    await client.send(`${everything()}< 0 nothing\r\n`);
    expect(await client.line()).to.equal('*');
    expect(await endAndStart('SIGTERM')).to.equal(0);
    await client.closed;
    await expectEverything();
  });

  it('what was received does not come back', async () => {
    const client = await LineClient.connect({ path });
    await client.send('> 1 60 a\r\n1\r\n> 1 60 a\r\n2\r\n< 0 nothing\r\n');
    expect(await client.line()).to.equal('*');
    await client.send('< 0 a\r\n');
    expect((await client.message()).body).to.equal('1');
    await client.close();
    await endAndStart('SIGTERM');
    const after = await LineClient.connect({ path });
    await after.send('< 0 a\r\n< 0 a\r\n');
    expect((await after.message()).body).to.equal('2');
    expect(await after.line()).to.equal('*');
    await after.close();
  });

  it('a second broker on the same journal is refused, and the first goes on', async () => {
    const second = new BrokerProcess(['--address', folder.file('other'), '--journal', folder.file('journal.db')]);
    expect(await second.ended()).to.equal(1);
    expect(second.log).to.match(/journal\.db is in use by another broker/);
    const client = await LineClient.connect({ path });
    await client.send('< 0 a\r\n');
    expect(await client.line()).to.equal('*');
    await client.close();
  });

  it('a second broker on the same socket is refused, and the first goes on', async () => {
    const second = new BrokerProcess(['--address', path]);
    expect(await second.ended()).to.equal(1);
    expect(second.log).to.match(/cannot listen on unix:.*another broker is running there/);
    const client = await LineClient.connect({ path });
    await client.send('< 0 a\r\n');
    expect(await client.line()).to.equal('*');
    await client.close();
  });
});
