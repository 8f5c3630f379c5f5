import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { afterEach, beforeEach, describe } from 'mocha';
import { itWhere } from '../faults/scratch.js';
import { BehindProxy } from './behind-proxy.js';
import { descriptors } from './process-figures.js';
import { figure, quantile, size } from './sizes.js';

const CONNECTIONS = size('SLOW_CONNECTIONS', 20);
/** Seconds that the proxy gives a head, a body, and a client to read: its timeouts. */
const PATIENCE = size('SLOW_PATIENCE', 3);
/** Connections to the proxy that may be the test's own. */
const OURS = 2;
/** Connections made in a second. */
const RATE = Math.max(20, CONNECTIONS / 5);
const HAS_ATTACKER = spawnSync('slowhttptest', ['-h']).error === undefined;

/** What slowhttptest is told for each kind of attack, and where it looks. */
const ATTACKS = {
  'send a head': ['/hello', '-H', '-i', '1', '-x', '24'],
  'send a body': ['/upload', '-B', '-i', '1', '-s', '8192', '-x', '10'],
  // More than the system takes for one, and no more of it goes out than that: 1 to 4 MB.
  'read an answer': ['/download?6000000', '-X', '-n', '1', '-z', '32', '-w', '512', '-y', '1024'],
} as const;

describe(`${CONNECTIONS} web clients that are slow on purpose`, function () {
  this.timeout((PATIENCE * 20 + 60) * 1000);
  let world: BehindProxy;

  beforeEach(async () => {
    const timeouts = ['head', 'body', 'write'].flatMap((what) => [`--http-${what}-timeout`, String(PATIENCE)]);
    world = await BehindProxy.start('apart', timeouts);
  });

  afterEach(() => world.end());

  /** Attacks until its time is over, it has no connection left, or it is told to stop. Resolves with what it printed. */
  async function attack([path, ...options]: readonly string[], signal: AbortSignal): Promise<string> {
    const limits = ['-c', String(CONNECTIONS), '-r', String(RATE), '-l', String(PATIENCE * 20), '-v', '1'];
    const args = [...options, ...limits, '-u', `http://127.0.0.1:${world.port}${path}`];
    const child = spawn('slowhttptest', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    signal.addEventListener('abort', () => child.kill());
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
      const begun = performance.now();
      const stop = new AbortController();
      let attacking = true;
      const attacked = attack(options, stop.signal).finally(() => {
        attacking = false;
      });
      const times: number[] = [];
      let most = 0;
      let more = 0;
      while (attacking && (most < CONNECTIONS / 2 || more > OURS)) {
        const from = performance.now();
        expect(await world.get('/hello')).to.equal('hello\n');
        times.push(performance.now() - from);
        more = descriptors(world.proxy.pid) - idle;
        most = Math.max(most, more);
        await pause(10);
      }
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      const closedByProxy = attacking;
      stop.abort();
      const printed = await attacked;
      const [median, worst] = [quantile(times, 0.5).toFixed(1), Math.max(...times).toFixed(0)];
      figure(`${most} connections at once, all closed after ${seconds} s`);
      figure(`${times.length} requests beside them, none failed: ${median} ms, at most ${worst} ms`);
      expect(most).to.be.greaterThan(CONNECTIONS / 2);
      // Who reads slowly learns only when it has read what it has that there is no more.
      expect(closedByProxy || printed.includes('No open connections left'), printed).to.equal(true);
    });
  }
});
