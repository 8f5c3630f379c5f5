import { isDeepStrictEqual } from 'node:util';
import { type ListenAddress, showAddress } from '../../adapters/tcp/listen.js';
import type { Endpoint } from '../../client/address.js';
import type { Clock } from '../../ports/clock.js';
import type { Log } from '../../ports/log.js';
import { CLOCK, LOG } from '../../ports/tokens.js';
import { commonParts } from '../container/common.js';
import type { UpOptions } from '../options.js';
import { onSignals } from '../run.js';
import { type HeldSocket, hold } from '../supervisor/held.js';
import { INHERITED, type Work } from '../supervisor/orders.js';
import { processes } from '../supervisor/process.js';
import { Supervisor } from '../supervisor/supervisor.js';
import { UsageError } from '../usage.js';

/** Milliseconds that a broker which is to be replaced has for queries under way; proxies' requests need none. */
const REPLACE_DRAIN = 1000;

/** What a program that has forked `msglite up` is told, once everything is ready: where. */
export interface UpReport {
  readonly broker: readonly string[];
  readonly http: string;
}

/**
 * `msglite up`: runs a broker and its HTTP proxies in processes of their own, until it is told to end.
 * @param reread the options as they are now, when the broker is to be replaced
 * @returns the exit code
 * @throws if the proxies' address can't be had
 */
export async function up(options: UpOptions, reread: () => UpOptions): Promise<number> {
  const parts = commonParts(options.broker);
  const log = parts.resolve<Log>(LOG);
  const socket = await hold(options.proxy.http.listen);
  const running = new Up(options, reread, socket, log, parts.resolve<Clock>(CLOCK));
  try {
    return await running.run();
  } finally {
    await socket.release();
    await log.close();
  }
}

class Up {
  readonly #supervisor: Supervisor;
  #current: UpOptions;
  /** Where the broker listens: ports that were left open stay what they were first. */
  #bound: readonly ListenAddress[];
  readonly #replace = () => this.#replaceBroker();
  readonly #stop = () => this.#end();

  constructor(
    private readonly options: UpOptions,
    private readonly reread: () => UpOptions,
    private readonly socket: HeldSocket,
    private readonly log: Log,
    clock: Clock,
  ) {
    this.#current = options;
    this.#bound = options.broker.listen;
    this.#supervisor = new Supervisor({
      clock,
      log,
      random: Math.random,
      broker: processes('broker', () => this.#brokerWork()),
      proxy: processes('proxy', () => this.#proxyWork(), socket.fd),
      proxies: options.proxies,
      drain: () => this.#current.broker.drainTimeout,
      brokerReady: (addresses) => {
        this.#bound = addresses;
      },
      up: () => this.#sayUp(),
    });
  }

  async run(): Promise<number> {
    const { journal } = this.options.broker;
    this.log.minimal('supervising', { pid: process.pid, http: showAddress(this.socket.address) });
    if (journal === undefined) this.log.minimal('no journal: what is queued is lost with each broker');
    const withoutSignals = onSignals(this.#stop, () => this.#supervisor.kill());
    process.on('SIGHUP', this.#replace);
    // Who has forked us and is gone can't end us any more.
    if (process.connected) process.once('disconnect', this.#stop);
    try {
      this.#supervisor.start();
      return await this.#supervisor.ended;
    } finally {
      withoutSignals();
      process.off('SIGHUP', this.#replace);
      process.off('disconnect', this.#stop);
    }
  }

  #brokerWork(): Work {
    return { part: 'broker', options: { ...this.#current.broker, listen: this.#bound } };
  }

  #proxyWork(): Work {
    const { proxy } = this.options;
    const at = proxy.broker.at.map((address) => this.#boundAt(address));
    const http = { ...proxy.http, listen: this.socket.address };
    return { part: 'proxy', options: { ...proxy, broker: { ...proxy.broker, at }, http, socket: INHERITED } };
  }

  /** What has become of one of the broker's addresses. */
  #boundAt(address: Endpoint): Endpoint {
    const index = this.options.broker.listen.findIndex((listened) => isDeepStrictEqual(listened, address));
    return this.#bound[index] ?? address;
  }

  #sayUp(): void {
    const report: UpReport = { broker: this.#bound.map(showAddress), http: showAddress(this.socket.address) };
    this.log.minimal('up', { broker: report.broker.join(','), http: report.http });
    if (process.connected) process.send?.(report, undefined, undefined, () => undefined);
  }

  #replaceBroker(): void {
    const why = this.#readAgain();
    if (why === undefined) this.#supervisor.replaceBroker(Math.min(REPLACE_DRAIN, this.#current.broker.drainTimeout));
    else this.log.minimal('not replaced', { why });
  }

  /** @returns what is wrong with the options as they are now */
  #readAgain(): string | undefined {
    try {
      const next = this.reread();
      const [before, after] = [this.options, next].map(({ broker }) => broker.listen.map(showAddress).join());
      if (before !== after) return 'where the broker listens can change only with a new start';
      this.#current = next;
      return undefined;
    } catch (error) {
      if (error instanceof UsageError) return error.message;
      throw error;
    }
  }

  /** Its socket first: what comes now is for whoever listens there next. */
  #end(): void {
    this.log.minimal('stopping');
    void this.socket.release().then(() => this.#supervisor.stop());
  }
}
