import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect as connectTo, type Socket } from 'node:net';
import { HTTP_SETTINGS, type HttpSettings } from '../../../src/adapters/http/proxy.js';
import { buildContainer } from '../../../src/app/container.js';
import { type RunningBroker, startBroker } from '../../../src/app/lifecycle.js';
import { brokerOptions } from '../../../src/app/options.js';
import { type Application, type HttpServeOptions, serve } from '../../../src/client/http/index.js';
import { type Client, connect } from '../../../src/client/index.js';
import { LOG } from '../../../src/ports/tokens.js';
import { MemoryLog } from '../../support/log.js';
import { TestFolder } from '../../support/process.js';

/** What a web client has got: text of one character per byte. */
export class WebAnswer {
  #text = '';
  #wake: () => void = () => undefined;
  #closed = false;

  constructor(readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => {
      this.#text += text;
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** All of it so far, once it has what is looked for. */
  async until(wanted: string): Promise<string> {
    while (!this.#text.includes(wanted)) {
      if (this.#closed) throw new Error(`closed, after ${JSON.stringify(this.#text)}`);
      await this.#more();
    }
    return this.#text;
  }

  /** All of it, once the other side has closed. */
  async whole(): Promise<string> {
    while (!this.#closed) await this.#more();
    return this.#text;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** Connects to a port, and says something. */
export function say(port: number, bytes: string): WebAnswer {
  const answer = new WebAnswer(connectTo({ port, host: '127.0.0.1' }));
  answer.socket.write(bytes, 'latin1');
  return answer;
}

/** A request that asks for its connection to be closed. The body's bytes are characters. */
export function ask(port: number, line: string, headers: readonly string[] = [], body = ''): WebAnswer {
  const length = body === '' ? [] : [`Content-Length: ${body.length}`];
  const lines = [`${line} HTTP/1.1`, 'Host: example.org', 'Connection: close', ...headers, ...length];
  return say(port, `${lines.join('\r\n')}\r\n\r\n${body}`);
}

/** A broker with its proxy in this process, and applications behind it. */
export class ServedWorld {
  readonly log = new MemoryLog('debug');
  /** What applications threw, and more that nobody could be told. */
  readonly errors: unknown[] = [];
  readonly #folder = new TestFolder();
  readonly #stops: (() => Promise<unknown>)[] = [];
  #broker: RunningBroker | undefined;
  #client: Promise<Client> | undefined;
  port = 0;

  static async start(flags: Record<string, string> = {}): Promise<ServedWorld> {
    const world = new ServedWorld();
    const web = { 'http-network': 'tcp', 'http-address': '127.0.0.1:0' };
    const options = brokerOptions({ address: world.#folder.file('socket'), ...web, ...flags }, {});
    const container = (await buildContainer(options)).register(LOG, { useValue: world.log });
    const settings = container.resolve<HttpSettings>(HTTP_SETTINGS);
    const listen: HttpSettings['listen'] = async (server) => {
      await settings.listen(server);
      world.port = (server.address() as AddressInfo).port;
    };
    container.register<HttpSettings>(HTTP_SETTINGS, { useValue: { ...settings, listen } });
    world.#broker = await startBroker(options, container);
    return world;
  }

  get broker(): string {
    return `unix:${this.#folder.file('socket')}`;
  }

  /** A client of the same broker. */
  client(): Promise<Client> {
    this.#client ??= connect({ address: this.broker });
    return this.#client;
  }

  /** Until the world ends, or what is returned is called. */
  serve(application: Application, options: HttpServeOptions = {}): () => Promise<void> {
    const abort = new AbortController();
    const onError = (error: unknown) => this.errors.push(error);
    const all = { broker: this.broker, drainTimeout: 0, onError, ...options, signal: abort.signal };
    const served = serve(application, all);
    const stop = () => {
      abort.abort();
      return served;
    };
    this.#stops.push(stop);
    return stop;
  }

  /** A server that listens by itself, until the world ends. @returns its port */
  async listen(server: Server): Promise<number> {
    if (!server.listening) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    this.#stops.push(async () => {
      server.closeAllConnections();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops) await stop();
    await (await this.#client)?.close();
    await this.#broker?.stop(0);
    this.#folder.remove();
  }
}
