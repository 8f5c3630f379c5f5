import { once } from 'node:events';
import { connect as connectTo } from 'node:net';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { serve } from '../../src/client/http/index.js';
import { BehindProxy, PLACES } from './behind-proxy.js';
import { figure, quantile, size } from './sizes.js';

const DEPARTURES = size('DEPARTURES', 50);

for (const place of PLACES) {
  describe(`a web client that goes away, with the proxy ${place}`, function () {
    this.timeout(30_000 + DEPARTURES * 200);
    let world: BehindProxy;
    let stop: AbortController;
    let served: Promise<void>;
    let came: (request: Request) => void;

    beforeEach(async () => {
      world = await BehindProxy.start(place, ['--http-route', '/departures=departures']);
      stop = new AbortController();
      const handler = (request: Request) => {
        came(request);
        return new Promise<Response>(() => undefined);
      };
      const broker = `unix:${world.folder.file('socket')}`;
      served = serve(handler, { broker, address: 'departures', signal: stop.signal, drainTimeout: 0 });
    });

    afterEach(async () => {
      stop.abort();
      await served;
      await world.end();
    });

    it(`is seen by its handler (${DEPARTURES} of them)`, async () => {
      const times: number[] = [];
      for (let i = 0; i < DEPARTURES; i++) {
        const request = new Promise<Request>((resolve) => {
          came = resolve;
        });
        const socket = connectTo({ port: world.port, host: '127.0.0.1' });
        socket.write('GET /departures HTTP/1.1\r\nHost: localhost\r\n\r\n');
        const { signal } = await request;
        const aborted = once(signal, 'abort');
        const left = performance.now();
        socket.destroy();
        await aborted;
        expect(signal.reason).to.have.property('message', 'the client has gone');
        times.push(performance.now() - left);
      }
      const [median, late, most] = [0.5, 0.95, 1].map((part) => quantile(times, part).toFixed(1));
      figure(`after ${median} ms, 95 % within ${late} ms, at most ${most} ms`);
    });
  });
}
