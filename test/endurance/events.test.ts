import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { BehindProxy, PLACES } from './behind-proxy.js';
import { cpuSeconds, resident } from './process-figures.js';
import { figure, size } from './sizes.js';

const CLIENTS = size('EVENT_CLIENTS', 200);
const PROGRAM = fileURLToPath(new URL('event-clients.js', import.meta.url));
/** MiB. */
const MEMORY = 200;
const ROUNDS = 3;

describe(`${CLIENTS} web clients that wait for events`, function () {
  this.timeout(60_000 + CLIENTS * 20);
  let world: BehindProxy;
  let clients: ChildProcess;

  afterEach(async () => {
    const closed = once(clients, 'close');
    clients.kill('SIGKILL');
    await closed;
    await world.end();
  });

  /** Resolves with what the clients say next. */
  async function said(): Promise<string> {
    const ended = once(clients, 'exit').then(() => 'nothing: they have ended');
    const data = once(clients.stdout as NodeJS.ReadableStream, 'data').then(([text]) => String(text));
    return Promise.race([data, ended]);
  }

  for (const place of PLACES) {
    it(`cost little, and are all told, with the proxy ${place}`, async () => {
      world = await BehindProxy.start(place);
      const before = world.processes.map(({ pid }) => resident(pid));
      clients = spawn(process.execPath, [PROGRAM, String(world.port), String(CLIENTS)], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, NODE_V8_COVERAGE: undefined },
      });
      expect(await said()).to.equal('open\n');
      for (const [i, { name, pid }] of world.processes.entries()) {
        const more = resident(pid) - (before[i] as number);
        figure(`${name}: ${more} MiB more, ${((more * 1024) / CLIENTS).toFixed(1)} KiB for each`);
        expect(more, name).to.be.below(MEMORY);
      }
      const all = [...world.processes, { name: 'application', pid: world.applicationPid }];
      const used = all.map(({ pid }) => cpuSeconds(pid));
      for (let i = 0; i < ROUNDS; i++) {
        const begun = performance.now();
        const heard = said();
        expect(await world.get('/tell')).to.equal(String(CLIENTS));
        expect(await heard).to.equal('told\n');
        figure(`all told after ${(performance.now() - begun).toFixed(0)} ms`);
      }
      const each = all.map(({ name, pid }, i) => {
        const milliseconds = ((cpuSeconds(pid) - (used[i] as number)) * 1000) / ROUNDS;
        return `${name} ${milliseconds.toFixed(0)} ms`;
      });
      figure(`CPU for telling them once: ${each.join(', ')}`);
    });
  }
});
