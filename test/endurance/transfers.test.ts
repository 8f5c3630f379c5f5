import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { BehindProxy, PLACES } from './behind-proxy.js';
import { blocks, hashOfBlocks } from './blocks.js';
import { cpuSeconds, mostResident } from './process-figures.js';
import { figure, size } from './sizes.js';

const MIB = size('TRANSFER_MIB', 48);
const BYTES = MIB * 1024 * 1024;
/** MiB. */
const MEMORY = 200;

for (const place of PLACES) {
  describe(`a body of ${MIB} MiB, with the proxy ${place}`, function () {
    this.timeout(60_000 + MIB * 200);
    let world: BehindProxy;
    const hash = hashOfBlocks(BYTES);

    before(async () => {
      world = await BehindProxy.start(place, ['--http-max-body', '4G']);
    });

    after(() => world.end());

    function expectMemory(begun: number): void {
      const seconds = (performance.now() - begun) / 1000;
      const each = world.processes.map(({ name, pid }) => ({ name, memory: mostResident(pid), cpu: cpuSeconds(pid) }));
      const all = each
        .map(({ name, memory, cpu }) => `${name} ${memory} MiB at most, ${cpu.toFixed(1)} s of CPU so far`)
        .join('; ');
      figure(`${seconds.toFixed(1)} s, ${Math.round(MIB / seconds)} MiB/s`);
      figure(all);
      for (const { name, memory } of each) expect(memory, name).to.be.within(1, MEMORY);
    }

    it('goes up through a handler', async () => {
      const begun = performance.now();
      const headers = { 'Content-Length': BYTES };
      const upload = request({ port: world.port, method: 'POST', path: '/upload', agent: false, headers });
      const answered = once(upload, 'response');
      await pipeline(Readable.from(blocks(BYTES)), upload);
      const [response] = (await answered) as [IncomingMessage];
      expect(await text(response)).to.equal(`${hash} ${BYTES}`);
      expectMemory(begun);
    });

    it('comes down from a handler', async () => {
      const begun = performance.now();
      const download = get({ port: world.port, path: `/download?${BYTES}`, agent: false });
      const [response] = (await once(download, 'response')) as [IncomingMessage];
      const seen = createHash('sha256');
      for await (const piece of response) seen.update(piece);
      expect(seen.digest('hex')).to.equal(hash);
      expectMemory(begun);
    });
  });
}
