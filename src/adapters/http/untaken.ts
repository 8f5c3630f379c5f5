import type { WebClient } from './web-client.js';

/**
 * The bytes of replies that web clients have yet to take. Beyond what there may be of them, the client for which most
 * of them wait is closed: who reads nothing pays for it, not who reads as it should.
 */
export class Untaken {
  #bytes = 0;
  readonly #clients = new Set<WebClient>();

  /** @param most bytes, of all clients together */
  constructor(
    private readonly most: number,
    private readonly closed: (client: WebClient, bytes: number) => void,
  ) {}

  /** Of all clients. */
  get bytes(): number {
    return this.#bytes;
  }

  /** May close any client, also this one. */
  add(client: WebClient, bytes: number): void {
    this.#clients.add(client);
    client.untaken += bytes;
    this.#bytes += bytes;
    // One is enough: it holds at least what was just added.
    if (this.#bytes > this.most) this.#close();
  }

  remove(client: WebClient, bytes: number): void {
    client.untaken -= bytes;
    this.#bytes -= bytes;
    if (client.untaken === 0) this.#clients.delete(client);
  }

  #close(): void {
    let worst: WebClient | undefined;
    for (const client of this.#clients) if (client.untaken > (worst?.untaken ?? 0)) worst = client;
    if (worst === undefined) return;
    const { untaken } = worst;
    worst.cutOff();
    this.closed(worst, untaken);
  }
}
