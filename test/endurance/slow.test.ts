import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { afterEach, beforeEach, describe } from 'mocha';
import { itWhere } from '../faults/scratch.js';
import { BehindProxy } from './behind-proxy.js';
import { descriptors } from './process-figures.js';
import { figure, quantile, size } from './sizes.js';

const CONNECTIONS = size('SLOW_CONNECTIONS', 50);
/** Seconds that the proxy gives a head, a body, and a client to read: its timeouts. */
const PATIENCE = size('SLOW_PATIENCE', 3);
/** Connections made in a second. */
const RATE = Math.max(50, CONNECTIONS / 5);
const HAS_ATTACKER = spawnSync('slowhttptest', ['-h']).error === undefined;

/** What slowhttptest is told for each kind of attack, and where it looks. */
const ATTACKS = {
  'send a head': ['/hello', '-H', '-i', '1', '-x', '24'],
  'send a body': ['/upload', '-B', '-i', '1', '-s', '8192', '-x', '10'],
  'read an answer': ['/download?20000000', '-X', '-n', '1', '-z', '32', '-w', '512', '-y', '1024'],
} as const;

describe(`${CONNECTIONS} web clients that are slow on purpose`, function () {
  this.timeout((PATIENCE * 20 + 60) * 1000);
  let world: BehindProxy;

  beforeEach(async () => {
    const timeouts = ['head', 'body', 'write'].flatMap((what) => [`--http-${what}-timeout`, String(PATIENCE)]);
    world = await BehindProxy.start('apart', timeouts);
  });

  afterEach(() => world.end());

  /** Resolves with what it printed, when it has no connection left or its time is over. */
  async function attack([path, ...options]: readonly string[]): Promise<string> {
    const limits = ['-c', String(CONNECTIONS), '-r', String(RATE), '-l', String(PATIENCE * 10), '-v', '1'];
    const args = [...options, ...limits, '-u', `http://127.0.0.1:${world.port}${path}`];
    const child = spawn('slowhttptest', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      printed += text;
    });
    await once(child, 'close');
    return printed;
  }

  for (const [what, options] of Object.entries(ATTACKS)) {
    const title = `are closed when they ${what}, and others notice nothing`;
    itWhere(HAS_ATTACKER, 'slowhttptest', title, async () => {
      await world.get('/hello');
      const idle = descriptors(world.proxy.pid);
      let attacking = true;
      const attacked = attack(options).finally(() => {
        attacking = false;
      });
      const begun = performance.now();
      const times: number[] = [];
      let most = 0;
      let lastBusy = 0;
      while (attacking) {
        const from = performance.now();
        expect(await world.get('/hello')).to.equal('hello\n');
        times.push(performance.now() - from);
        const more = descriptors(world.proxy.pid) - idle;
        most = Math.max(most, more);
        if (more > CONNECTIONS / 10) lastBusy = performance.now() - begun;
        await pause(10);
      }
      const printed = await attacked;
      const seconds = ((performance.now() - begun) / 1000).toFixed(0);
      figure(
        `${most} connections at once, nine of ten closed after ${(lastBusy / 1000).toFixed(1)} s, all after ${seconds} s`,
      );
      figure(
        `${times.length} requests beside them, none failed: ${quantile(times, 0.5).toFixed(1)} ms, at most ${Math.max(...times).toFixed(0)} ms`,
      );
      expect(most).to.be.greaterThan(CONNECTIONS / 2);
      expect(printed).to.include('No open connections left');
    });
  }
});
