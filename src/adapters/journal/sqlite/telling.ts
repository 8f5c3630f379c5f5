import type { Restoring, Stored, StoredDelivery, StoredId } from '../../../ports/journal.js';
import { packDelivery, packId, packStored, unpackDelivery, unpackId, unpackStored } from './handover.js';
import { type Packed, Packer, Unpacker } from './packing.js';

/** Bytes after which what is told so far is handed over: while one thread reads on, the other takes it up. */
const CHUNK = 256 * 1024;

/** What is told next. */
const QUEUE = 0;
const DELAYED = 1;
const DELIVERY = 2;
const WAITING_ID = 3;
const FINISHED_ID = 4;
const PAUSED = 5;

/** Hears what a journal holds, and hands it over in chunks for another thread to `tell`. */
export class Telling implements Restoring {
  #chunk = new Packer();

  constructor(private readonly handOver: (chunk: Packed) => void) {}

  queue(name: string, count: number): void {
    const to = this.#begin(QUEUE);
    to.text(name);
    to.number(count);
  }

  delayed(count: number, first: number): void {
    const to = this.#begin(DELAYED);
    to.number(count);
    to.number(first);
  }

  delivery(stored: Stored, delivery: StoredDelivery): void {
    const to = this.#begin(DELIVERY);
    packStored(to, stored);
    packDelivery(to, delivery);
  }

  waitingId(address: string, id: string, fingerprint: number, seq: number): void {
    const to = this.#begin(WAITING_ID);
    to.text(address);
    to.text(id);
    to.number(fingerprint);
    to.number(seq);
  }

  finishedId(id: StoredId): void {
    packId(this.#begin(FINISHED_ID), id);
  }

  paused(address: string): void {
    this.#begin(PAUSED).text(address);
  }

  /** Hands over what is left. */
  end(): void {
    this.handOver(this.#chunk.pack());
    this.#chunk = new Packer();
  }

  #begin(what: number): Packer {
    if (this.#chunk.size >= CHUNK) this.end();
    this.#chunk.number(what);
    return this.#chunk;
  }
}

/** Tells what is in a chunk. @throws what who hears it throws */
export function tell(chunk: Packed, restoring: Restoring): void {
  const from = new Unpacker(chunk);
  while (!from.empty) tellOne(from, restoring);
}

function tellOne(from: Unpacker, restoring: Restoring): void {
  switch (from.number()) {
    case QUEUE:
      return restoring.queue(from.text(), from.number());
    case DELAYED:
      return restoring.delayed(from.number(), from.number());
    case DELIVERY:
      return restoring.delivery(unpackStored(from), unpackDelivery(from));
    case WAITING_ID:
      return restoring.waitingId(from.text(), from.text(), from.number(), from.number());
    case FINISHED_ID:
      return restoring.finishedId(unpackId(from));
    default:
      return restoring.paused(from.text());
  }
}
