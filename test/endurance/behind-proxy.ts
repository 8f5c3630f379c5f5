import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.js';
import { BrokerProcess, TestFolder } from '../support/process.js';

const APPLICATION = fileURLToPath(new URL('application.js', import.meta.url));
/** Where the proxy can be. */
export const PLACES = ['in the broker', 'apart'] as const;

/** A broker, a proxy, and the application behind it, in processes of their own. */
export class BehindProxy {
  readonly folder = new TestFolder();
  port = 0;
  readonly #processes: BrokerProcess[] = [];
  readonly #applications: ChildProcess[] = [];

  /** @param web the proxy's options */
  static async start(place: (typeof PLACES)[number], web: readonly string[] = []): Promise<BehindProxy> {
    const world = new BehindProxy();
    const socket = world.folder.file('socket');
    world.port = await freePort();
    const http = ['--http-address', `127.0.0.1:${world.port}`, ...web];
    const broker = ['--address', socket];
    if (place === 'apart') {
      await world.#start(broker).listening();
      world.#start(['http', '--broker', `unix:${socket}`, ...http]);
    } else {
      world.#start([...broker, ...http]);
    }
    await world.proxy.says(' listening for HTTP ');
    await world.startApplication();
    return world;
  }

  /** The process in which it is. */
  get proxy(): BrokerProcess {
    return this.#processes.at(-1) as BrokerProcess;
  }

  /** Broker and proxy, by name. */
  get processes(): readonly { readonly name: string; readonly pid: number }[] {
    const names = this.#processes.length === 1 ? ['broker with proxy'] : ['broker', 'proxy'];
    return this.#processes.map(({ pid }, i) => ({ name: names[i] as string, pid }));
  }

  /** Of the newest one. */
  get applicationPid(): number {
    return this.#applications.at(-1)?.pid ?? 0;
  }

  /** Resolves when it takes requests. */
  async startApplication(): Promise<void> {
    const child = spawn(process.execPath, [APPLICATION, this.folder.file('socket')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_V8_COVERAGE: undefined },
    });
    this.#applications.push(child);
    await once(child.stdout, 'data');
  }

  /** As a service manager does it: it finishes what it has. */
  async stopApplication(): Promise<void> {
    const child = this.#applications.pop();
    if (child === undefined) return;
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    await closed;
  }

  /** The body of an answer, on a connection of its own. @throws unless it is a 200 */
  async get(path: string): Promise<string> {
    const [response] = (await once(get({ port: this.port, path, agent: false }), 'response')) as [IncomingMessage];
    const body = await text(response);
    if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode} ${body}`);
    return body;
  }

  async end(): Promise<void> {
    for (const child of this.#applications.splice(0)) {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    }
    for (const running of this.#processes.splice(0).reverse()) await running.end();
    this.folder.remove();
  }

  #start(options: readonly string[]): BrokerProcess {
    const started = new BrokerProcess(options);
    this.#processes.push(started);
    return started;
  }
}
