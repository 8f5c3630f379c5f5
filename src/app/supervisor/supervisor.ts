import type { ListenAddress } from '../../adapters/tcp/listen.js';
import type { Clock } from '../../ports/clock.js';
import type { Log } from '../../ports/log.js';
import { EXIT } from '../exit.js';
import { Keeper, type KeeperOwner } from './keeper.js';
import type { Launch } from './launch.js';

/** Milliseconds that a process has for its last words, its last commit and its end, once it has drained. */
const PATIENCE = 5000;

export interface SupervisorParts {
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 to less than 1. */
  readonly random: () => number;
  readonly broker: Launch;
  readonly proxy: Launch;
  /** How many proxies. */
  readonly proxies: number;
  /** Milliseconds that a process has to finish what is in flight. */
  readonly drain: () => number;
  /** The broker takes connections. It may be called again, with a new broker. */
  readonly brokerReady: (addresses: readonly ListenAddress[]) => void;
  /** All are ready for the first time. */
  readonly up: () => void;
}

/** Runs a broker and its proxies: the broker first, and last to go, so that what proxies have taken can be answered. */
export class Supervisor implements KeeperOwner {
  /** Resolves with the exit code when all have gone. */
  readonly ended: Promise<number>;
  readonly #broker: Keeper;
  readonly #proxies: readonly Keeper[];
  readonly #living: Set<Keeper>;
  #up = false;
  #stopping = false;
  #exitCode: number = EXIT.done;
  #end: (code: number) => void = () => undefined;

  constructor(private readonly parts: SupervisorParts) {
    const { clock, log, random, drain } = parts;
    const common = { clock, log, random, drain, patience: PATIENCE };
    this.#broker = new Keeper({ ...common, name: 'broker', launch: parts.broker }, this);
    this.#proxies = Array.from(
      { length: parts.proxies },
      () => new Keeper({ ...common, name: 'proxy', launch: parts.proxy }, this),
    );
    this.#living = new Set([this.#broker, ...this.#proxies]);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  start(): void {
    this.#broker.start();
  }

  /** Puts a new broker in the old one's place; proxies stay. @param drain milliseconds for what the old one has in flight */
  replaceBroker(drain: number): void {
    if (!this.#stopping) this.#broker.replace(drain);
  }

  /** Ends the proxies, then the broker. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    for (const proxy of this.#proxies) proxy.stop();
    this.#stopBroker();
  }

  /** Ends all at once. */
  kill(): void {
    this.#stopping = true;
    this.#exitCode ||= EXIT.failed;
    for (const keeper of this.#living) keeper.kill();
  }

  // What keepers say

  ready(keeper: Keeper, addresses: readonly ListenAddress[]): void {
    if (keeper === this.#broker) {
      this.parts.brokerReady(addresses);
      if (!this.#stopping) for (const proxy of this.#proxies) proxy.start();
    }
    if (this.#up || ![...this.#living].every(({ ready }) => ready)) return;
    this.#up = true;
    this.parts.up();
  }

  failed(keeper: Keeper, code: number): void {
    this.#exitCode ||= code;
    this.#living.delete(keeper);
    this.stop();
    this.#lookForEnd();
  }

  gone(keeper: Keeper, clean: boolean): void {
    if (!clean) this.#exitCode ||= EXIT.failed;
    this.#living.delete(keeper);
    this.#stopBroker();
    this.#lookForEnd();
  }

  /** Until the last proxy has gone, it is kept running: somebody waits for answers. */
  #stopBroker(): void {
    if (this.#proxies.every((proxy) => !this.#living.has(proxy))) this.#broker.stop();
  }

  #lookForEnd(): void {
    if (this.#living.size === 0) this.#end(this.#exitCode);
  }
}
