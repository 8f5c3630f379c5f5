import { Table } from '../../domain/table.js';
import type { Turn } from '../../ports/turn.js';
import { flat } from './flat.js';
import type { OpenRequest } from './request.js';

/** The requests that are not answered yet. All replies come to labels of one mailbox. */
export class OpenRequests {
  /** Their labels are random, so that nobody can see to it that many share a bucket. */
  readonly #all = new Table<OpenRequest>(0);
  readonly #beforeLabel: string;
  #unflushed: OpenRequest[] = [];
  readonly #flush = () => {
    for (const open of this.#unflushed.splice(0)) open.flush();
  };

  constructor(
    readonly mailbox: string,
    private readonly turn: Turn,
  ) {
    this.#beforeLabel = flat(`${mailbox}~`);
  }

  get size(): number {
    return this.#all.size;
  }

  add(open: OpenRequest): void {
    this.#all.add(open);
  }

  /** It is over. */
  remove(open: OpenRequest): void {
    this.#all.remove(open);
  }

  all(): OpenRequest[] {
    return this.#all.items();
  }

  /** Where the reply to one is awaited. */
  addressOf(label: string): string {
    return this.#beforeLabel + label;
  }

  labelled(label: string): OpenRequest | undefined {
    return this.#all.get(label);
  }

  /** Whose reply comes to this address. */
  at(address: string): OpenRequest | undefined {
    return this.#all.get(address.slice(this.#beforeLabel.length));
  }

  /** Flushes it when all that comes in this turn has come. */
  flushLater(open: OpenRequest): void {
    if (this.#unflushed.push(open) === 1) this.turn.flush(this.#flush);
  }
}
