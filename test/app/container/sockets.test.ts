import { expect } from 'chai';
import { describe, it } from 'mocha';
import { socketsBy } from '../../../src/app/container/sockets.js';
import { UsageError } from '../../../src/app/usage.js';
import { readOneByOne } from '../../../src/sockets/accept.js';
import { Poller } from '../../../src/sockets/poller.js';
import { LineClient } from '../../support/line-client.js';
import { withPoller } from '../../support/poller.js';
import { BrokerProcess, TestFolder } from '../../support/process.js';

const NATIVE = { start: () => undefined, watch: () => 0, unwatch: () => 0, write: () => 0 };

describe('who uses the sockets', () => {
  const turn = { begin: () => undefined, end: () => undefined };
  const built = () => new Poller(NATIVE);
  const notBuilt = () => undefined;

  it('is the native part where it was built, or who is wanted', () => {
    expect(socketsBy('auto', turn, built).by).to.equal('native');
    expect(socketsBy('native', turn, built).by).to.equal('native');
    expect(socketsBy('auto', turn, notBuilt)).to.deep.equal({ accept: readOneByOne, by: 'node' });
    expect(socketsBy('node', turn, built)).to.deep.equal({ accept: readOneByOne, by: 'node' });
  });

  it('can not be the native part where that was not built', () => {
    expect(() => socketsBy('native', turn, notBuilt)).to.throw(UsageError, '--sockets native: it is not built');
  });
});

withPoller('a broker with', () => {
  for (const by of ['native', 'node']) {
    it(`--sockets ${by} says so, and works`, async () => {
      const folder = new TestFolder();
      const path = folder.file('socket');
      const broker = await new BrokerProcess(['--address', path, '--sockets', by]).listening();
      try {
        expect(broker.log).to.match(new RegExp(` starting .* sockets=${by}\\n`));
        const client = await LineClient.connect({ path });
        await client.send('> 5 60 a\r\nhello\r\n< 1 a\r\n');
        expect((await client.message()).body).to.equal('hello');
        await client.close();
      } finally {
        expect(await broker.end()).to.equal(0);
        folder.remove();
      }
    });
  }
});
