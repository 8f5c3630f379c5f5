import type { Duplex } from 'node:stream';
import { List } from '../../domain/list.js';
import type { WebClient } from './web-client.js';

/** The connections there are. No `Map`, for the reason that `Table` gives. */
export class WebClients {
  readonly #all = new List<WebClient>();
  readonly #bySocket = new WeakMap<Duplex, WebClient>();
  #count = 0;

  get size(): number {
    return this.#count;
  }

  add(client: WebClient): void {
    this.#all.add(client);
    this.#bySocket.set(client.socket, client);
    this.#count++;
  }

  /** It must be one of them. */
  remove(client: WebClient): void {
    this.#all.remove(client);
    this.#bySocket.delete(client.socket);
    this.#count--;
  }

  of(socket: Duplex): WebClient | undefined {
    return this.#bySocket.get(socket);
  }

  /** As they are now. */
  all(): WebClient[] {
    const all: WebClient[] = [];
    for (let client = this.#all.first; client !== undefined; client = client.after) all.push(client);
    return all;
  }
}
