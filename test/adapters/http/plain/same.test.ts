import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { Duplex } from 'node:stream';
import { expect } from 'chai';
import fc from 'fast-check';
import { after, before, describe, it } from 'mocha';
import { Admission } from '../../../../src/adapters/http/admission.js';
import { Bodies } from '../../../../src/adapters/http/body.js';
import { commonMembers } from '../../../../src/adapters/http/envelope.js';
import { PlainReader } from '../../../../src/adapters/http/plain/reader.js';
import { Problem } from '../../../../src/adapters/http/problem.js';
import { defaultRoute } from '../../../../src/adapters/http/routes.js';
import { HttpServer, type ServerOwner } from '../../../../src/adapters/http/server.js';
import { HTTP_LIMITS } from '../../../../src/adapters/http/settings.js';
import { BODIES } from '../../../fixtures/http-raw/bodies.js';
import { HEADERS } from '../../../fixtures/http-raw/headers.js';
import { REQUEST_LINES } from '../../../fixtures/http-raw/request-lines.js';
import { ManualClock } from '../../../support/clock.js';
import { ManualTurn } from '../../../support/turn.js';

/** How many inputs; FUZZ_INPUTS=100000 for a long run. */
const INPUTS = Number(process.env.FUZZ_INPUTS ?? 3000);
const PEER = '';

const admission = new Admission(HTTP_LIMITS, new Bodies(1_000_000, 1_000_000), [], [defaultRoute('web')]);

/** A request, as a handler would be told of it. */
interface Seen {
  readonly method: string;
  readonly url: string;
  readonly members: string;
  readonly route: string;
  readonly body: string;
}

/** What the plain reader takes, one after the other, until there is something that it leaves to node:http. */
function readPlainly(text: string): { seen: Seen[]; end: number } {
  const pass = (head: Parameters<typeof admission.pass>[0], peer: string) => {
    const origin = admission.pass(head, peer);
    return { origin, members: membersOf(head, origin) };
  };
  const reader = new PlainReader({ read: (head) => admission.read(head), pass }, PEER, HTTP_LIMITS.head);
  const seen: Seen[] = [];
  let end = 0;
  while (end < text.length) {
    const request = reader.read(text, end);
    if (request === undefined) break;
    const { head, passed, body, last } = request;
    seen.push({ method: head.method, url: head.url, members: passed.members ?? '', route: head.host, body });
    end = request.end;
    if (last) break;
  }
  return { seen, end };
}

function membersOf(
  { version, headers }: { version: string; headers: string[] },
  { scheme, address }: ReturnType<typeof admission.pass>,
): string {
  return commonMembers({ protocol: `HTTP/${version}`, headers, scheme, remoteAddr: address });
}

/** A connection that says one thing. */
class Saying extends Duplex {
  override _read(): void {
    // All is pushed by the test.
  }

  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    done();
  }
}

/** What node:http takes, and our rules for heads with it. */
class NodeHttp implements ServerOwner {
  readonly #server: HttpServer;
  #listening: Server | undefined;
  #seen: Promise<Seen | Problem>[] = [];

  constructor() {
    const parts = { clock: new ManualClock(), turn: new ManualTurn(), limits: HTTP_LIMITS, admission };
    this.#server = new HttpServer(parts, this, undefined);
  }

  async start(): Promise<void> {
    await this.#server.listen(async (server) => {
      this.#listening = server as Server;
      await once(server.listen(0, '127.0.0.1'), 'listening');
    });
  }

  stop(): Promise<void> {
    return this.#server.close();
  }

  async read(text: string): Promise<(Seen | Problem)[]> {
    this.#seen = [];
    const connection = new Saying();
    connection.push(Buffer.from(text, 'latin1'));
    this.#listening?.emit('connection', connection);
    // What was pushed is parsed in the next ticks.
    await new Promise((resolve) => setImmediate(resolve));
    const seen = this.#seen;
    connection.destroy();
    return Promise.all(seen);
  }

  request(request: IncomingMessage): void {
    this.#seen.push(this.#seenOf(request));
  }

  async #seenOf(request: IncomingMessage): Promise<Seen | Problem> {
    const head = admission.read(request);
    if (head instanceof Problem) {
      request.resume();
      return head;
    }
    const members = membersOf(head, admission.pass(head, PEER));
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString('latin1');
    });
    await new Promise((resolve) => request.once('end', resolve).once('close', resolve));
    return { method: head.method, url: head.url, members, route: head.host, body };
  }

  plainRequest(): void {
    throw new Error('node:http reads all');
  }

  clientFailed(): void {
    // Then there are fewer requests.
  }

  dropped(): void {
    throw new Error('there is room');
  }

  serverFailed(error: Error): void {
    throw error;
  }

  ended(): void {
    // The test ends them.
  }

  gone(client: Parameters<ServerOwner['gone']>[0]): void {
    this.#server.forget(client);
  }
}

const H = 'Host: a\r\n';
const piece = fc.constantFrom(
  ...['GET', 'POST', 'HEAD', 'PUT', ' ', '/', '/a?b=c', 'HTTP/1.1', 'HTTP/1.0', '\r\n', '\n', '\r', '\t', ':', ' '],
  ...['Host', 'host: a:80', 'Connection: close', 'connection: Keep-Alive', 'Content-Length: 3', 'content-length:0'],
  ...['Transfer-Encoding: chunked', 'Expect: 100-continue', 'X-Forwarded-For: 1.2.3.4', 'Forwarded: for=b', 'x_y: z'],
  ...[
    'Proxy-Connection: close',
    'Upgrade: h2c',
    'TE: trailers',
    '\xa0',
    '\xff',
    '\0',
    '\x7f',
    '#',
    '"',
    '\\',
    ',',
    '3',
  ],
  ...['abc', '\r\n\r\n', 'Cookie: a=b; c=d', 'Accept: */*'],
);
const name = fc.constantFrom(
  'X',
  'x-y',
  'User-Agent',
  'Accept-Encoding',
  'Referer',
  'Accept',
  'Cookie',
  'Content-Length',
  'Connection',
  'TE',
  'x_y',
  'X-Forwarded-For',
  '~!',
);
const value = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('text/html; q=0.5', 'caf\xe9') },
  fc.constantFrom('a', '', 'close', 'keep-alive', 'Keep-Alive', '0', '3', '03', '+3', 'a, b'),
  piece,
);
const blank = fc.constantFrom(' ', ' ', ' ', ' ', ' ', ' ', '', '  ', '\t', '\xa0');
const field = fc.tuple(name, blank, value, fc.oneof({ weight: 8, arbitrary: fc.constant('') }, blank));
const target = fc.array(fc.constantFrom('/', 'a', '%41', '..', '?', '=', '|', '{', '^', '~', '!'), { maxLength: 5 });
const method = fc.constantFrom('GET', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND', 'get');

/** A request that is good, or nearly. */
const request = fc
  .tuple(method, target, fc.array(field, { maxLength: 4 }), fc.constantFrom('', '', 'abc', 'abcd'))
  .map(([verb, path, fields, body]) => {
    const lines = fields.map(([one, before, what, behind]) => `${one}:${before}${what}${behind}\r\n`).join('');
    const length = body === '' ? '' : `Content-Length: ${Math.min(body.length, 3)}\r\n`;
    return `${verb} /${path.join('')} HTTP/1.1\r\n${H}${lines}${length}\r\n${body}`;
  });

/** Some requests, in which something may be changed. */
const input = fc
  .tuple(
    fc.array(request, { minLength: 1, maxLength: 3 }),
    fc.array(fc.tuple(fc.nat(1_000_000), piece, fc.nat(3)), { maxLength: 1 }),
  )
  .map(([requests, changes]) =>
    changes.reduce((text, [place, what, lost]) => {
      const at = place % (text.length + 1);
      return text.slice(0, at) + what + text.slice(at + lost);
    }, requests.join('')),
  );

describe('http: what is read without node:http', () => {
  const node = new NodeHttp();

  before(() => node.start());
  after(() => node.stop());

  const check = async (text: string): Promise<number> => {
    const { seen } = readPlainly(text);
    const others = await node.read(text);
    expect(others.slice(0, seen.length)).to.deep.equal(seen);
    return seen.length;
  };

  for (const { clause, what, send, seen: expected } of [...REQUEST_LINES, ...HEADERS, ...BODIES]) {
    it(`is no more than what that would take: ${clause}: ${what}`, async () => {
      expect(await check(send)).to.be.at.most(expected.length);
    });
  }

  it('is taken for the same, whatever comes', async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(input, async (text) => {
        taken += await check(text);
      }),
      { numRuns: INPUTS },
    );
    expect(taken).to.be.above(INPUTS / 4);
  });

  it('is taken whole, however much is changed in it', async () => {
    for (const text of [`GET / HTTP/1.1\r\n${H}\r\n`, `POST /a HTTP/1.1\r\n${H}Content-Length: 3\r\n\r\nabc`]) {
      for (let at = 0; at < text.length; at++) {
        for (let code = 0; code < 256; code++) {
          const byte = String.fromCharCode(code);
          await check(text.slice(0, at) + byte + text.slice(at + 1));
          if (code % 8 === 0) await check(text.slice(0, at) + byte + text.slice(at));
        }
      }
    }
  });
});
