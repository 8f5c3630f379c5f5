import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { afterEach, describe } from 'mocha';
import { itWhere } from '../faults/scratch.js';
import { HAS_NGINX, Nginx } from '../support/nginx.js';
import { BehindProxy, PLACES } from './behind-proxy.js';
import { figure, size } from './sizes.js';

const SECONDS = size('RESTART_SECONDS', 6);
const CLIENTS = 64;
/** Milliseconds from one restart to the next. */
const PERIOD = 2000;
const HAS_WRK = spawnSync('wrk', ['-v']).error === undefined;

/** Every second request is one that must not be sent to another handler. */
const MIXED = `
local n = 0
request = function()
  n = n + 1
  return wrk.format(n % 2 == 0 and 'POST' or 'GET', '/hello', nil, n % 2 == 0 and 'body' or nil)
end
`;

describe(`an application that is restarted all the time, behind nginx (${SECONDS} s)`, function () {
  this.timeout(SECONDS * 1000 + 60_000);
  let world: BehindProxy;
  let nginx: Nginx;

  afterEach(async () => {
    await nginx.end();
    await world.end();
  });

  async function wrk(): Promise<string> {
    const script = world.folder.file('mixed.lua');
    writeFileSync(script, MIXED);
    const args = ['-t2', `-c${CLIENTS}`, `-d${SECONDS}s`, '--timeout', '30s', '--latency', '-s', script];
    const child = spawn('wrk', [...args, `http://127.0.0.1:${nginx.port}/hello`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      printed += text;
    });
    await once(child, 'close');
    return printed;
  }

  for (const place of PLACES) {
    itWhere(HAS_NGINX && HAS_WRK, 'nginx or wrk', `fails no request, with the proxy ${place}`, async () => {
      world = await BehindProxy.start(place, ['--trust-proxy', 'loopback']);
      nginx = await Nginx.start(world.folder, world.port);
      let loading = true;
      const loaded = wrk().finally(() => {
        loading = false;
      });
      let restarts = 0;
      while (loading) {
        await Promise.race([pause(PERIOD), loaded]);
        await world.stopApplication();
        await world.startApplication();
        restarts++;
      }
      const printed = await loaded;
      const [, requests = '0'] = /(\d+) requests in/.exec(printed) ?? [];
      const [, slowest = ''] = / 99%\s+(\S+)/.exec(printed) ?? [];
      figure(`${requests} requests, ${restarts} restarts, 99 % of all within ${slowest}`);
      expect(Number(requests)).to.be.greaterThan(CLIENTS);
      expect(printed).not.to.match(/Socket errors|Non-2xx/);
    });
  }
});
