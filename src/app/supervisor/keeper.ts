import type { ListenAddress } from '../../adapters/tcp/listen.js';
import type { Alarm, Clock } from '../../ports/clock.js';
import type { Log } from '../../ports/log.js';
import { Backoff } from './backoff.js';
import type { Ended, Launch, Launched } from './launch.js';

/** Milliseconds after which what ran so long counts as healthy, and its next failure as its first. */
const STABLE = 10_000;

/**
 * `idle` until `start`; `starting` until the process is ready; `ready`; `replacing` from when its successor is launched
 * until the process has ended; `pausing` before the next try; `stopping` from `stop` on; `gone` for good.
 */
type State = 'idle' | 'starting' | 'ready' | 'replacing' | 'pausing' | 'stopping' | 'gone';

/** Who is told what becomes of a kept process. */
export interface KeeperOwner {
  ready(keeper: Keeper, addresses: readonly ListenAddress[]): void;
  /** It ended with a failure of its own and has never been ready. It is gone, and not tried again. */
  failed(keeper: Keeper, code: number): void;
  /** After `stop`: it is gone. @param clean it had nothing to complain of, and had not to be killed */
  gone(keeper: Keeper, clean: boolean): void;
}

export interface KeeperParts {
  /** For the log: `broker` or `proxy`. */
  readonly name: string;
  readonly launch: Launch;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 to less than 1. */
  readonly random: () => number;
  /** Milliseconds for what it does when told to stop, beside the draining. */
  readonly patience: number;
  /** Milliseconds for the draining, where `stop` asks for nothing else. */
  readonly drain: () => number;
}

/** Keeps one process running: starts it again when it has died, replaces it when told to. */
export class Keeper {
  #state: State = 'idle';
  #process: Launched | undefined;
  /** What is to take its place. */
  #successor: Launched | undefined;
  /** It was told to go because its successor waits. */
  #leaving = false;
  #everReady = false;
  #readyAt = 0;
  #killed = false;
  /** A replacement was asked for while there was no time for it; with so much time to drain. */
  #again: number | undefined;
  readonly #backoff: Backoff;
  readonly #retry: Alarm;
  readonly #late: Alarm;

  constructor(
    private readonly parts: KeeperParts,
    private readonly owner: KeeperOwner,
  ) {
    this.#backoff = new Backoff(parts.random);
    this.#retry = parts.clock.alarm(() => this.#launch());
    this.#late = parts.clock.alarm(() => this.#killLate());
  }

  get ready(): boolean {
    return this.#state === 'ready';
  }

  start(): void {
    if (this.#state === 'idle') this.#launch();
  }

  /**
   * Puts a new process in its place: that is launched first, and gets to work as soon as the old one has gone. If it can't
   * even load its program, the old one stays.
   * @param drain milliseconds that the old one has to finish what is in flight
   */
  replace(drain: number): void {
    switch (this.#state) {
      case 'ready':
        this.#replace(drain);
        break;
      case 'pausing':
        this.#backoff.reset();
        this.#launch();
        break;
      case 'starting':
      case 'replacing':
        this.#again = drain;
        break;
    }
  }

  /** Ends it. The owner is told when it is gone. */
  stop(): void {
    if (this.#state === 'stopping' || this.#state === 'gone') return;
    this.#retry.clear();
    this.#state = 'stopping';
    this.#successor?.kill();
    if (this.#process === undefined) this.#gone(true);
    else this.#tellToStop(this.#process, this.parts.drain());
  }

  /** Ends it at once, and for good. */
  kill(): void {
    this.#killed = true;
    this.stop();
    this.#process?.kill();
  }

  #launch(): void {
    this.#retry.clear();
    this.#again = undefined;
    this.#state = 'starting';
    const process = this.#watched();
    this.#process = process;
    process.begin();
  }

  #replace(drain: number): void {
    this.#state = 'replacing';
    this.#leaving = false;
    this.#successor = this.#watched(() => this.#makeWay(drain));
  }

  /** The successor is there: now the old one can go. */
  #makeWay(drain: number): void {
    if (this.#state !== 'replacing' || this.#process === undefined) return;
    this.#leaving = true;
    this.parts.log.minimal('replacing', { process: this.parts.name, pid: this.#process.pid });
    this.#tellToStop(this.#process, drain);
  }

  #watched(loaded: () => void = () => undefined): Launched {
    const launched: Launched = this.parts.launch({
      loaded,
      ready: (addresses) => this.#ready(launched, addresses),
      ended: (ended) => this.#ended(launched, ended),
    });
    this.parts.log.minimal('started', { process: this.parts.name, pid: launched.pid });
    return launched;
  }

  #ready(process: Launched, addresses: readonly ListenAddress[]): void {
    if (process !== this.#process || this.#state !== 'starting') return;
    this.#state = 'ready';
    this.#everReady = true;
    this.#readyAt = this.parts.clock.now();
    this.owner.ready(this, addresses);
    this.#catchUp();
  }

  #catchUp(): void {
    const again = this.#again;
    this.#again = undefined;
    if (again !== undefined && this.#state === 'ready') this.#replace(again);
  }

  #ended(process: Launched, ended: Ended): void {
    if (process === this.#successor) {
      this.#successor = undefined;
      if (this.#state === 'replacing') this.#lostSuccessor(ended);
      return;
    }
    this.#process = undefined;
    this.#late.clear();
    if (this.#state === 'stopping') this.#gone(ended.code === 0, ended);
    else if (this.#successor !== undefined) this.#takeOver(this.#successor, ended);
    else this.#lost(ended);
  }

  /** Where the old one was not told to go yet, it stays. Otherwise the next is launched when it has gone. */
  #lostSuccessor(ended: Ended): void {
    this.#say(this.#leaving ? 'ended' : 'not replaced', ended);
    if (this.#leaving) return;
    this.#state = 'ready';
    this.#catchUp();
  }

  #takeOver(successor: Launched, ended: Ended): void {
    this.#say('ended', ended);
    this.#state = 'starting';
    this.#process = successor;
    this.#successor = undefined;
    this.#backoff.reset();
    successor.begin();
  }

  #lost(ended: Ended): void {
    if (!this.#everReady && ended.code !== undefined && ended.code !== 0) {
      this.#say('ended', ended);
      this.#state = 'gone';
      this.owner.failed(this, ended.code);
      return;
    }
    const ran = this.#state !== 'starting' && this.parts.clock.now() - this.#readyAt >= STABLE;
    if (ran) this.#backoff.reset();
    this.#state = 'pausing';
    const pause = this.#backoff.next();
    this.#say('ended', ended, pause);
    this.#retry.set(this.parts.clock.now() + pause);
  }

  #tellToStop(process: Launched, drain: number): void {
    process.stop(drain);
    this.#late.set(this.parts.clock.now() + drain + this.parts.patience);
  }

  #killLate(): void {
    this.parts.log.minimal('does not end; killed', { process: this.parts.name, pid: this.#process?.pid });
    if (this.#state === 'stopping') this.#killed = true;
    this.#process?.kill();
  }

  #gone(clean: boolean, ended?: Ended): void {
    if (ended !== undefined) this.#say('ended', ended);
    this.#state = 'gone';
    this.owner.gone(this, clean && !this.#killed);
  }

  #say(what: string, { code, signal, error }: Ended, pause?: number): void {
    const again = pause === undefined ? undefined : `in ${pause} ms`;
    this.parts.log.minimal(what, { process: this.parts.name, code, signal, error, again });
  }
}
