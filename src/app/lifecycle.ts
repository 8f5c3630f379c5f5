import type { DependencyContainer } from 'tsyringe';
import type { HttpProxy } from '../adapters/http/proxy.js';
import type { ListenAddress } from '../adapters/tcp/listen.js';
import type { TcpServer } from '../adapters/tcp/server.js';
import type { LocalExchange } from '../domain/exchange.js';
import type { Access } from '../ports/access.js';
import type { Clock } from '../ports/clock.js';
import type { Journal } from '../ports/journal.js';
import type { Log } from '../ports/log.js';
import { ACCESS, CLOCK, EXCHANGE, JOURNAL, LOG } from '../ports/tokens.js';
import { HTTP_PROXY } from './container/common.js';
import { SOCKETS, type Sockets } from './container/sockets.js';
import { buildContainer, TCP_SERVER, TROUBLE, type Trouble } from './container.js';
import type { BrokerOptions } from './options.js';
import type { Running } from './run.js';
import { Undo } from './undo.js';

/** A broker that takes connections. To stop it commits what is queued. */
export interface RunningBroker extends Running {
  /** Where it listens; ports that were left open are filled in. */
  readonly addresses: readonly ListenAddress[];
  /** Reads tokens and certificates again. What is not in order is logged, and stays as it was. */
  reload(): void;
}

/**
 * Starts a broker, part by part. What was started is stopped in reverse.
 * @param container its parts, made from the same options
 * @throws what kept a part from starting; then nothing of it runs
 */
export async function startBroker(options: BrokerOptions, container?: DependencyContainer): Promise<RunningBroker> {
  const broker = new Broker(options, container ?? (await buildContainer(options)));
  await broker.start();
  return broker;
}

class Broker implements RunningBroker {
  readonly stopped: Promise<void>;
  /** What undoes each step of the start so far. */
  readonly #undo = new Undo();
  readonly #log: Log;
  readonly #clock: Clock;
  #tcp: TcpServer | undefined;
  #http: HttpProxy | undefined;
  #end: (error?: Error) => void = () => undefined;
  #stopping = false;

  constructor(
    private readonly options: BrokerOptions,
    private readonly container: DependencyContainer,
  ) {
    this.#log = container.resolve<Log>(LOG);
    this.#clock = container.resolve<Clock>(CLOCK);
    this.stopped = new Promise((resolve, reject) => {
      this.#end = (error) => (error === undefined ? resolve() : reject(error));
    });
  }

  get addresses(): readonly ListenAddress[] {
    return this.#tcp?.addresses ?? [];
  }

  async start(): Promise<void> {
    this.#undo.push(() => this.#log.close());
    try {
      await this.#startParts();
    } catch (error) {
      await this.#undo.all();
      throw error;
    }
    void this.container.resolve<Trouble>(TROUBLE).first.then((error) => this.#fail(error));
  }

  reload(): void {
    for (const part of [this.container.resolve<Access>(ACCESS), this.#tcp]) {
      try {
        part?.reload();
      } catch (error) {
        this.#log.minimal('reload failed', { error: (error as Error).message });
        return;
      }
    }
    this.#log.minimal('reloaded');
  }

  stop(drain = this.options.drainTimeout): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      void this.#drain(drain).then(
        () => this.#end(this.container.resolve<Trouble>(TROUBLE).error),
        (error) => this.#end(error),
      );
    }
    return this.stopped;
  }

  async #startParts(): Promise<void> {
    // What is wrong with the file of tokens is said in its own words only if it is asked for by itself.
    this.container.resolve<Access>(ACCESS);

    const journal = this.container.resolve<Journal>(JOURNAL);
    this.#undo.push(() => journal.close());

    const exchange = this.container.resolve<LocalExchange>(EXCHANGE);
    exchange.restore();
    this.#undo.push(() => finish(exchange));
    this.#log.minimal('starting', {
      pid: process.pid,
      journal: journal.sync,
      messages: exchange.stats().messages,
      sockets: this.container.resolve<Sockets>(SOCKETS).by,
    });

    const tcp = this.container.resolve<TcpServer>(TCP_SERVER);
    this.#undo.push(() => tcp.stop());
    await tcp.start();
    this.#tcp = tcp;

    if (this.container.isRegistered(HTTP_PROXY)) {
      const http = this.container.resolve<HttpProxy>(HTTP_PROXY);
      await http.start();
      this.#http = http;
    }
  }

  /** Handlers keep their connections until the last request is answered. */
  async #drain(drain: number): Promise<void> {
    this.#log.minimal('stopping');
    const deadline = this.#clock.now() + drain;
    this.#tcp?.close();
    await this.#http?.stop(deadline);
    await this.#tcp?.answered(deadline);
    this.#log.minimal('stopped');
    await this.#undo.all();
  }

  /** After a failed sync nothing may be promised any more: no connection hears another word of it. */
  async #fail(error: Error): Promise<void> {
    this.#log.minimal('failed', { error: error.message });
    if (this.#stopping) {
      void this.#tcp?.stop(0);
      return;
    }
    this.#stopping = true;
    try {
      await Promise.all([this.#tcp?.stop(0), this.#http?.stop(this.#clock.now())]);
      await this.#undo.all();
    } finally {
      this.#end(error);
    }
  }
}

/** Commits what is left, and lets nothing expire any more. */
function finish(exchange: LocalExchange): Promise<void> {
  return new Promise((resolve) => {
    exchange.drain(() => {
      exchange.stop();
      resolve();
    });
  });
}
