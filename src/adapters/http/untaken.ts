import type { Clock } from '../../ports/clock.js';
import type { HttpLimits } from './settings.js';
import type { Waiting, Waits } from './waits.js';
import type { WebClient } from './web-client.js';

/** What of its replies a client has yet to take, and by when. */
class Debt implements Waiting {
  bytes = 0;
  /** When it has had its time; `due` may be earlier. */
  end = 0;
  due = 0;
  slot = -1;

  constructor(
    readonly client: WebClient,
    private readonly owner: Untaken,
  ) {}

  late(): void {
    this.owner.late(this);
  }
}

/**
 * The bytes of replies that web clients have yet to take. Beyond what there may be of them, the client for which most
 * of them wait is closed: who reads nothing pays for it, not who reads as it should. And so is one that reads, but so
 * slowly that it can only mean to keep what waits for it waiting.
 */
export class Untaken {
  #bytes = 0;
  readonly #debts = new Map<WebClient, Debt>();

  constructor(
    private readonly limits: HttpLimits,
    private readonly clock: Clock,
    private readonly waits: Waits,
    private readonly closed: (client: WebClient, bytes: number) => void,
  ) {}

  /** Of all clients. */
  get bytes(): number {
    return this.#bytes;
  }

  /** May close any client, also this one. */
  add(client: WebClient, bytes: number): void {
    const debt = this.#debtOf(client);
    const { writeTimeout, writeRate, untaken } = this.limits;
    debt.bytes += bytes;
    this.#bytes += bytes;
    const latest = this.clock.now() + writeTimeout + (debt.bytes * 1000) / writeRate;
    debt.end = debt.bytes === bytes ? latest : Math.min(latest, debt.end + (bytes * 1000) / writeRate);
    if (debt.slot === -1) this.#await(debt);
    // One is enough: it holds at least what was just added.
    if (this.#bytes > untaken) this.#closeWorst();
  }

  remove(client: WebClient, bytes: number): void {
    this.#bytes -= bytes;
    const debt = this.#debts.get(client);
    if (debt !== undefined) debt.bytes -= bytes;
  }

  /** The connection is closed. */
  forget(client: WebClient): void {
    const debt = this.#debts.get(client);
    if (debt === undefined) return;
    this.#debts.delete(client);
    this.waits.remove(debt);
  }

  /** Its time may have come: who owes nothing has none. */
  late(debt: Debt): void {
    if (debt.bytes === 0) this.#debts.delete(debt.client);
    else if (debt.end > this.clock.now()) this.#await(debt);
    else this.#close(debt);
  }

  #debtOf(client: WebClient): Debt {
    const known = this.#debts.get(client);
    if (known !== undefined) return known;
    const debt = new Debt(client, this);
    this.#debts.set(client, debt);
    return debt;
  }

  #await(debt: Debt): void {
    debt.due = debt.end;
    this.waits.add(debt);
  }

  #closeWorst(): void {
    let worst: Debt | undefined;
    for (const debt of this.#debts.values()) if (debt.bytes > (worst?.bytes ?? 0)) worst = debt;
    if (worst !== undefined) this.#close(worst);
  }

  #close({ client, bytes }: Debt): void {
    client.reset();
    this.closed(client, bytes);
  }
}
