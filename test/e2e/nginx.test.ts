import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, get, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { afterEach, before, beforeEach, describe, it } from 'mocha';
import { type Client, connect as connectClient } from '../../src/client/index.js';
import { BODIES } from '../fixtures/http-raw/bodies.js';
import { HEADERS } from '../fixtures/http-raw/headers.js';
import { REQUEST_LINES } from '../fixtures/http-raw/request-lines.js';
import { freePort } from '../support/free-port.js';
import { HAS_NGINX, Nginx } from '../support/nginx.js';
import { BrokerProcess, TestFolder } from '../support/process.js';

const CASES = [...REQUEST_LINES, ...HEADERS, ...BODIES];

/** So that it closes what it can't make sense of. */
const SHORT = '    client_header_timeout 1s;\n    client_body_timeout 1s;\n    keepalive_timeout 1s;\n';

for (const mode of ['the proxy in the broker', 'a proxy of its own'] as const) {
  describe(`nginx in front of ${mode}`, () => {
    let folder: TestFolder;
    let broker: BrokerProcess;
    let nginx: Nginx | undefined;
    let client: Client;
    let port: number;
    /** What handlers got. */
    let seen: string[];

    before(function () {
      // Debian's package nginx; .ci/run installs it.
      if (!HAS_NGINX) this.skip();
    });

    beforeEach(async () => {
      folder = new TestFolder();
      seen = [];
      const proxyPort = await freePort();
      const web = [
        '--http-address',
        `127.0.0.1:${proxyPort}`,
        '--http-max-body',
        '1G',
        '--trust-proxy',
        'loopback',
        '--drain-timeout',
        '1',
      ];
      const up = mode === 'a proxy of its own' ? ['up'] : [];
      broker = new BrokerProcess([...up, '--address', folder.file('socket'), ...web]);
      if (up.length > 0) await broker.logged(/ up broker=/);
      else await broker.listening(2);
      nginx = await Nginx.start(folder, proxyPort, `${logging()}${SHORT}`);
      port = nginx.port;
      client = await connectClient({ address: `unix:${folder.file('socket')}` });
    });

    afterEach(async () => {
      if (folder === undefined) return;
      await client?.close();
      await nginx?.end();
      nginx = undefined;
      await broker.end();
      folder.remove();
    });

    function logging(): string {
      const format = "    log_format ours '$passed $request_method $request_uri';\n";
      const map = '    map $upstream_addr $passed { default passed; "" kept; "-" kept; }\n';
      return `${map}${format}    access_log ${folder.file('access.log')} ours;\n`;
    }

    /** Answers with what it got: `HASH BYTES`, where there is a body, or else the headers. */
    function handle(): void {
      const stop = client.serve('msglite.httpRequests', async (message) => {
        const text = message.body.toString('latin1');
        const line = text.indexOf('\n');
        const { method, url, headers, bodyAddr, remoteAddr, scheme } = JSON.parse(text.slice(0, line));
        const hash = createHash('sha256');
        let bytes = 0;
        const add = (body: Buffer) => {
          hash.update(body);
          bytes += body.length;
        };
        add(message.body.subarray(line + 1));
        if (bodyAddr !== undefined) {
          for (let piece = await next(bodyAddr); piece.length > 0; piece = await next(bodyAddr)) add(piece);
        }
        seen.push(`${method} ${url}`);
        const answer = JSON.stringify({ hash: hash.digest('hex'), bytes, headers, remoteAddr, scheme });
        return `${JSON.stringify(['200', ['Content-Length', String(answer.length)]])}\n${answer}`;
      });
      void stop;
    }

    async function next(bodyAddr: string): Promise<Buffer> {
      const piece = await client.ready(bodyAddr, { timeout: 10 });
      if (piece === undefined) throw new Error('no piece came');
      return piece.body;
    }

    async function json(response: IncomingMessage): Promise<Record<string, unknown>> {
      return JSON.parse((await buffer(response)).toString('latin1'));
    }

    it('requests share connections, and say whom they are from', async () => {
      handle();
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let i = 0; i < 20; i++) {
        const options = { port, agent, path: `/${i}`, headers: { Host: 'a.example:81', 'X-Forwarded-For': '6.6.6.6' } };
        const [response] = (await once(get(options), 'response')) as [IncomingMessage];
        expect(response.statusCode).to.equal(200);
        const { headers, remoteAddr, scheme } = await json(response);
        expect({ remoteAddr, scheme }).to.deep.equal({ remoteAddr: '127.0.0.1', scheme: 'http' });
        expect(headers).to.include.members(['Host', 'a.example:81', 'X-Forwarded-Host']);
        expect(headers).not.to.include('6.6.6.6');
      }
      agent.destroy();
      expect(seen).to.deep.equal(Array.from({ length: 20 }, (_, i) => `GET /${i}`));
    });

    it('a large upload arrives as it was sent', async () => {
      handle();
      const body = randomBytes(20_000_000);
      const post = request({ port, method: 'POST', agent: false, headers: { 'Content-Length': body.length } });
      post.end(body);
      const [response] = (await once(post, 'response')) as [IncomingMessage];
      const { hash, bytes } = await json(response);
      expect({ hash, bytes }).to.deep.equal({
        hash: createHash('sha256').update(body).digest('hex'),
        bytes: body.length,
      });
    });

    it('both ways as it comes', async () => {
      const asked = client.ready('msglite.httpRequests', { timeout: 10 });
      const post = request({ port, method: 'POST', agent: false });
      post.write('hello');
      const message = await asked;
      const { bodyAddr } = JSON.parse(String(message?.body));
      expect(String(await next(bodyAddr))).to.equal('hello');
      const replyTo = message?.replyTo as string;
      const answered = once(post, 'response');
      await client.send(replyTo, '["200",["Content-Type","text/event-stream"]]\nfirst');
      const [response] = (await answered) as [IncomingMessage];
      const pieces = response[Symbol.asyncIterator]();
      expect(String((await pieces.next()).value)).to.equal('first');
      post.write('again');
      expect(String(await next(bodyAddr))).to.equal('again');
      await client.send(replyTo, 'second');
      expect(String((await pieces.next()).value)).to.equal('second');
      post.end();
      expect((await next(bodyAddr)).length).to.equal(0);
      await client.send(replyTo, '');
      expect((await pieces.next()).done).to.equal(true);
    });

    it('a client that goes is seen', async () => {
      const asked = client.ready('msglite.httpRequests', { timeout: 10 });
      const post = get({ port, agent: false });
      post.on('error', () => undefined);
      const { cancelAddr } = JSON.parse(String((await asked)?.body));
      post.destroy();
      expect((await client.ready(cancelAddr, { timeout: 10 }))?.body.length).to.equal(0);
    });

    it('no raw request smuggles another one', async () => {
      handle();
      const all = CASES.map(async ({ send }) => {
        const socket = connect(port, '127.0.0.1').on('error', () => undefined);
        const closed = once(socket, 'close');
        socket.resume().write(send, 'latin1');
        await closed;
      });
      await Promise.all(all);
      // What nginx has read as a request of its own and passed on, and nothing else.
      await nginx?.end('SIGQUIT');
      const passed = readFileSync(folder.file('access.log'), 'latin1').replaceAll(' ?', ' /?').split('\n');
      expect(seen.length).to.be.greaterThan(50);
      for (const what of seen) {
        const index = passed.indexOf(`passed ${what}`);
        expect(index, what).not.to.equal(-1);
        passed.splice(index, 1);
      }
    });
  });
}
