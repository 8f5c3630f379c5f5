import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { BrokerProcess, TestFolder } from '../support/process.js';
import { figure, quantile, size } from './sizes.js';

const HANDLER = fileURLToPath(new URL('web-handler.js', import.meta.url));
const CLIENTS = size('WEB_CLIENTS', 200);
const SECONDS = size('WEB_SECONDS', 10);
const PER_SECOND = 200;

/** A web handler in a process of its own. */
class WebHandler {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;

  private constructor(path: string, milliseconds: number) {
    const env = { ...process.env, NODE_V8_COVERAGE: undefined };
    const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
    this.#child = spawn(process.execPath, [HANDLER, path, String(milliseconds)], { stdio, env });
    this.#closed = once(this.#child, 'close');
  }

  /** Resolves when it takes requests. */
  static async start(path: string, milliseconds: number): Promise<WebHandler> {
    const handler = new WebHandler(path, milliseconds);
    await once(handler.#child.stdout as NodeJS.ReadableStream, 'data');
    return handler;
  }

  async end(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#closed;
  }
}

describe('web clients behind msglite up', function () {
  this.timeout(SECONDS * 3000 + CLIENTS * 100 + 60_000);
  let folder: TestFolder;
  let up: BrokerProcess;
  let handlers: WebHandler[];
  let agent: Agent;

  beforeEach(async () => {
    folder = new TestFolder();
    handlers = [];
    agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
    const http = ['--http-network', 'unix', '--http-address', folder.file('web')];
    up = new BrokerProcess(['up', '--address', folder.file('socket'), '--journal', folder.file('journal.db'), ...http]);
    await up.logged(/ up broker=/);
  });

  afterEach(async () => {
    await Promise.all(handlers.map((handler) => handler.end()));
    agent.destroy();
    await up.end();
    folder.remove();
  });

  async function addHandler(milliseconds: number): Promise<void> {
    handlers.push(await WebHandler.start(folder.file('socket'), milliseconds));
  }

  function brokerPid(): number {
    const started = [...up.log.matchAll(/ started process=broker pid=(\d+)/g)];
    return Number(started.at(-1)?.[1]);
  }

  /** Asks, and throws unless the answer is 200 with what was asked. */
  function ask(method: string, url: string, body = ''): Promise<void> {
    return new Promise((resolve, reject) => {
      const options = { socketPath: folder.file('web'), agent, method, path: url };
      const asked = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode === 200 && text === `${method} ${url} ${body}`) resolve();
          else reject(new Error(`${method} ${url} ${body}: ${response.statusCode} ${text}`));
        });
      });
      asked.on('error', (error) => reject(new Error(`${method} ${url}: ${error.message}`)));
      asked.end(body);
    });
  }

  it(`get their own answers although the broker is killed meanwhile (${CLIENTS} clients)`, async () => {
    await addHandler(1000);
    const answers: Promise<void>[] = [];
    for (let i = 0; i < CLIENTS; i++) {
      answers.push(i % 2 === 0 ? ask('GET', `/${i}`) : ask('POST', `/${i}`, `body of ${i}`));
    }
    const all = Promise.all(answers);
    // Some are with the handler, the others in their queue.
    await Promise.race([pause(700), all]);
    process.kill(brokerPid(), 'SIGKILL');
    await up.logged(/process=broker.*process=broker.* listening /s);
    await addHandler(0);
    await all;
  });

  /** Asks at a constant rate for some seconds, and returns what failed. */
  async function load(): Promise<readonly string[]> {
    const failures: string[] = [];
    const times: number[] = [];
    const asked: Promise<void>[] = [];
    const begun = performance.now();
    for (let n = 0; n < SECONDS * PER_SECOND; n++) {
      const early = (n * 1000) / PER_SECOND - (performance.now() - begun);
      if (early > 1) await pause(early);
      const from = performance.now();
      const answer = n % 5 === 0 ? ask('POST', `/${n}`, `body of ${n}`) : ask('GET', `/${n}`);
      asked.push(
        answer.then(
          () => void times.push(performance.now() - from),
          (error: Error) => void failures.push(error.message),
        ),
      );
    }
    await Promise.all(asked);
    const [median, worst] = [quantile(times, 0.5), quantile(times, 1)];
    figure(
      `${asked.length} requests, ${failures.length} failed; ${median.toFixed(1)} ms, at most ${worst.toFixed(0)} ms`,
    );
    return failures;
  }

  it(`notice nothing of a broker that is replaced (${PER_SECOND} requests a second for ${SECONDS} s)`, async () => {
    for (let i = 0; i < 2; i++) await addHandler(5);
    const loaded = load();
    for (let i = 0; i < SECONDS / 3 - 1; i++) {
      await pause(2000);
      const before = brokerPid();
      up.signal('SIGHUP');
      await up.logged(new RegExp(`started process=broker pid=(?!${before}\\b)`));
    }
    expect(await loaded).to.deep.equal([]);
  });

  it(`notice nothing of handlers that are restarted in turn (${PER_SECOND} a second for ${SECONDS} s)`, async () => {
    for (let i = 0; i < 4; i++) await addHandler(20);
    let loading = true;
    const loaded = load().finally(() => {
      loading = false;
    });
    let restarts = 0;
    while (loading) {
      await handlers.shift()?.end();
      await addHandler(20);
      restarts++;
    }
    figure(`${restarts} handlers restarted`);
    expect(await loaded).to.deep.equal([]);
  });
});
