import type { EventEmitter } from 'node:events';
import { type Endpoint, showEndpoint } from './address.js';
import type { MsgliteError } from './errors.js';
import type { ClientEvents } from './events.js';
import type { LinkOwner, UnderWay } from './link/link.js';
import type { Timing } from './timing.js';
import type { Turnstile } from './turnstile.js';

/** What may be otherwise in a while. A wrong token, say, stays wrong. */
const PASSING = ['unreachable', 'connection-lost', 'full'];

/** A client's connections, as its owner sees them: the first one awaited, the others told of by events. */
export class Life implements LinkOwner {
  /** Resolves with the first connection. */
  readonly first: Promise<void>;
  /** Resolves when the last connection is gone, with the reason if it was not we who ended it. */
  readonly end: Promise<MsgliteError | undefined>;
  #connected: () => void = () => undefined;
  #unreachable: (reason: MsgliteError) => void = () => undefined;
  #ended: (reason: MsgliteError | undefined) => void = () => undefined;
  #ups = 0;
  #failed = 0;
  #lostAt = 0;

  /**
   * @param patient the first connection is waited for
   * @param queries how many wait
   */
  constructor(
    private readonly events: EventEmitter<ClientEvents>,
    private readonly timing: Timing,
    private readonly turnstile: Turnstile,
    private readonly patient: boolean,
    private readonly queries: () => number,
  ) {
    this.first = new Promise((resolve, reject) => {
      this.#connected = resolve;
      this.#unreachable = reject;
    });
    this.end = new Promise((resolve) => {
      this.#ended = resolve;
    });
  }

  up(endpoint: Endpoint): void {
    const address = showEndpoint(endpoint);
    const failed = this.#failed;
    this.#failed = 0;
    this.#connected();
    if (this.#ups++ === 0) {
      // Who awaits the first has no listeners before.
      setImmediate(() => this.events.emit('connect', { address }));
      return;
    }
    this.events.emit('connect', { address });
    this.events.emit('reconnect', { address, failed, away: (this.timing.now() - this.#lostAt) / 1000 });
  }

  down(reason: MsgliteError, { asks, receives, deliveries }: UnderWay): void {
    this.#lostAt = this.timing.now();
    this.turnstile.open();
    this.events.emit('disconnect', { reason, unanswered: asks, receives, deliveries, queries: this.queries() });
  }

  failed(reason: MsgliteError, pause: number): void {
    this.#failed++;
    if (this.#ups === 0 && !(this.patient && PASSING.includes(reason.code))) this.#unreachable(reason);
    this.events.emit('retry', { reason, pause: pause / 1000 });
  }

  roomy(): void {
    this.turnstile.open();
  }

  closed(reason: MsgliteError | undefined): void {
    this.#ended(reason);
  }
}
