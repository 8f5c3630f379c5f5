import type { DependencyContainer } from 'tsyringe';
import type { RemoteExchange } from '../adapters/broker/exchange.js';
import type { HttpProxy } from '../adapters/http/proxy.js';
import type { ListenAddress } from '../adapters/tcp/listen.js';
import { showEndpoint } from '../client/address.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import { CLOCK, EXCHANGE, LOG } from '../ports/tokens.js';
import { HTTP_PROXY } from './container/common.js';
import { buildProxyContainer } from './container/proxy.js';
import { SOCKETS, type Sockets } from './container/sockets.js';
import type { ProxyOptions } from './options.js';
import type { Running } from './run.js';
import { Undo } from './undo.js';

/**
 * Starts an HTTP proxy in a process of its own. It takes web clients also while no broker is there, and holds them until
 * one is.
 * @param container its parts, made from the same options
 * @throws what kept a part from starting; then nothing of it runs
 */
export async function startProxy(
  options: ProxyOptions,
  container: DependencyContainer = buildProxyContainer(options),
): Promise<RunningProxy> {
  const proxy = new RunningProxy(options, container);
  await proxy.start();
  return proxy;
}

/** A proxy that takes web clients. */
export class RunningProxy implements Running {
  readonly stopped: Promise<void>;
  readonly #undo = new Undo();
  readonly #log: Log;
  readonly #clock: Clock;
  #http: HttpProxy | undefined;
  #end: (stopping: Promise<void>) => void = () => undefined;
  #stopping = false;

  constructor(
    private readonly options: ProxyOptions,
    private readonly container: DependencyContainer,
  ) {
    this.#log = container.resolve<Log>(LOG);
    this.#clock = container.resolve<Clock>(CLOCK);
    this.stopped = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get addresses(): readonly ListenAddress[] {
    return [this.options.http.listen];
  }

  async start(): Promise<void> {
    this.#undo.push(() => this.#log.close());
    try {
      await this.#startParts();
    } catch (error) {
      await this.#undo.all();
      throw error;
    }
  }

  stop(drain = this.options.drainTimeout): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      this.#end(this.#drain(drain));
    }
    return this.stopped;
  }

  async #startParts(): Promise<void> {
    const brokers = this.options.broker.at.map(showEndpoint).join(',');
    const { by } = this.container.resolve<Sockets>(SOCKETS);
    this.#log.minimal('starting', { pid: process.pid, broker: brokers, sockets: by });
    const exchange = this.container.resolve<RemoteExchange>(EXCHANGE);
    exchange.start();
    this.#undo.push(() => exchange.close());
    this.#http = this.container.resolve<HttpProxy>(HTTP_PROXY);
    await this.#http.start();
  }

  async #drain(drain: number): Promise<void> {
    this.#log.minimal('stopping');
    await this.#http?.stop(this.#clock.now() + drain);
    this.#log.minimal('stopped');
    await this.#undo.all();
  }
}
