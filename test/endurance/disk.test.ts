import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { afterEach, describe } from 'mocha';
import { type Client, connect, MsgliteError } from '../../src/client/index.js';
import { itWhere, scratch } from '../faults/scratch.js';
import { BrokerProcess } from '../support/process.js';
import { figure } from './sizes.js';

const canMount =
  process.platform === 'linux' && spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
const canCompile = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;
/** Sources aren't compiled into dist. */
const FSYNC = fileURLToPath(new URL('../../../test/faults/fsync.c', import.meta.url));

describe('a broker whose disk fails it', function () {
  this.timeout(120_000);
  const mounted: string[] = [];
  let broker: BrokerProcess | undefined;
  let client: Client | undefined;

  afterEach(async () => {
    await client?.close().catch(() => undefined);
    await broker?.end('SIGKILL');
    for (const path of mounted.splice(0)) execFileSync('umount', [path]);
  });

  const folder = scratch();

  async function start(disk: string, environment: NodeJS.ProcessEnv = {}): Promise<Client> {
    const socket = join(folder(), 'socket');
    const options = ['--listen', `unix:${socket}`, '--journal', join(disk, 'journal.db')];
    broker = new BrokerProcess(options, environment);
    await broker.listening();
    client = await connect({ address: `unix:${socket}`, reconnect: { min: 3600, max: 3600 } });
    return client;
  }

  /** Sends until one is refused; resolves with how many were taken, and why it was. */
  async function fill(to: Client, from: number): Promise<{ taken: number; refusal: MsgliteError }> {
    for (let taken = from; ; taken++) {
      try {
        await to.send('work', String(taken).padStart(10_000, '0'), { timeout: 3600 });
      } catch (error) {
        if (!(error instanceof MsgliteError)) throw error;
        return { taken, refusal: error };
      }
    }
  }

  itWhere(
    canMount,
    'right to mount',
    'refuses by name while the disk is full, goes on delivering, and recovers',
    async () => {
      const disk = folder();
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'none', disk]);
      mounted.push(disk);
      const to = await start(disk);
      const filled = await fill(to, 0);
      expect(filled.refusal).to.have.property('code', 'full');
      expect(filled.refusal.message).to.match(/disk that holds the journal is full/);

      // What little was left is taken by others.
      const ballast = join(disk, 'ballast');
      const file = openSync(ballast, 'w');
      expect(() => {
        for (;;) writeSync(file, Buffer.alloc(4096, 1));
      }).to.throw(/ENOSPC/);
      closeSync(file);

      const half = Math.floor(filled.taken / 2);
      for (let i = 0; i < half; i++) expect(Number((await to.ready('work', { timeout: 10 }))?.text())).to.equal(i);
      rmSync(ballast);
      let again = filled.taken;
      while (again === filled.taken) again = (await fill(to, filled.taken)).taken;
      figure(
        `${filled.taken} messages of 10 kB filled it; ${again - filled.taken} more after half of them were received`,
      );
      for (let i = half; i < again; i++) expect(Number((await to.ready('work', { timeout: 10 }))?.text())).to.equal(i);
    },
  );

  itWhere(canCompile, 'C compiler', 'gives no receipt after a sync that failed, and ends', async () => {
    const library = join(folder(), 'fsync.so');
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-o', library, FSYNC, '-ldl']);
    const environment = { LD_PRELOAD: library, SYNC_FAILS: '20', SYNC_OF: '-wal' };
    const to = await start(folder(), environment);
    const receipts: number[] = [];
    const sends = [];
    for (let i = 0; i < 50; i++) {
      const sent = to.send('work', String(i), { timeout: 3600 }).then(() => receipts.push(i));
      sends.push(sent);
      await Promise.race([sent, broker?.ended()]);
    }
    expect(await broker?.ended()).to.equal(1);
    expect(broker?.log).to.match(/the journal failed/);
    // The sync that failed was for the message after the last receipt.
    expect(receipts).to.deep.equal(Array.from({ length: receipts.length }, (_, i) => i));
    expect(receipts.length).to.be.within(1, 20);
    void Promise.allSettled(sends);
  });
});
