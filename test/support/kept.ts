import type { Batch, Moment, Restoring, Stored, StoredDelivery, StoredId, Wanted } from '../../src/ports/journal.js';

/** What a journal holds, done with plain maps: how the port is to be read, and what other journals are measured by. */
export class Kept {
  readonly messages = new Map<number, Stored>();
  /** Of none that is not among the messages. */
  readonly deliveries = new Map<number, StoredDelivery>();
  /** By their number. */
  readonly ids = new Map<number, StoredId>();
  readonly paused = new Set<string>();
  /** Of the last commit. */
  moment: Moment | undefined;
  lastSeq = 0;

  apply(batch: Batch): void {
    for (const stored of batch.added) this.#keep(stored);
    for (const { from, stored } of batch.moved) {
      this.lastSeq = Math.max(this.lastSeq, stored.seq);
      if (!this.messages.has(from)) continue;
      this.#remove(from);
      this.#keep(stored);
    }
    for (const seq of batch.removed) this.#remove(seq);
    for (const one of batch.delivered) if (this.messages.has(one.seq)) this.deliveries.set(one.seq, one);
    for (const id of batch.remembered) this.ids.set(id.number, id);
    for (const number of this.ids.keys()) if (number <= batch.forgotten) this.ids.delete(number);
    for (const address of batch.paused) this.paused.add(address);
    for (const address of batch.resumed) this.paused.delete(address);
    this.moment = batch.moment;
  }

  restore(restoring: Restoring): { moment: Moment; lastSeq: number } | undefined {
    const waiting = new Map<string, number>();
    const delayed: number[] = [];
    for (const stored of this.#inOrder()) {
      const { seq, queue, at, ready, fingerprint, message } = stored;
      const delivery = this.deliveries.get(seq);
      if (delivery !== undefined) restoring.delivery(stored, delivery);
      else if (ready > 0) delayed.push(ready);
      else waiting.set(queue, (waiting.get(queue) ?? 0) + 1);
      const { id } = message.options;
      if (id !== undefined && at === message.to) restoring.waitingId(message.to, id, fingerprint, seq);
    }
    for (const [queue, count] of waiting) restoring.queue(queue, count);
    if (delayed.length > 0) restoring.delayed(delayed.length, Math.min(...delayed));
    for (const id of [...this.ids.values()].sort((a, b) => a.number - b.number)) restoring.finishedId(id);
    for (const address of this.paused) restoring.paused(address);
    return this.moment && { moment: this.moment, lastSeq: this.lastSeq };
  }

  read(wanted: Wanted, count: number, bytes: number): Stored[] {
    const found: Stored[] = [];
    let size = 0;
    for (const stored of this.#choose(wanted).slice(0, count)) {
      found.push(stored);
      size += stored.message.body.length;
      if (size >= bytes) break;
    }
    return found;
  }

  /** Another one that holds the same. */
  copy(): Kept {
    const next = new Kept();
    for (const [seq, stored] of this.messages) next.messages.set(seq, stored);
    for (const [seq, delivery] of this.deliveries) next.deliveries.set(seq, delivery);
    for (const [number, id] of this.ids) next.ids.set(number, id);
    for (const address of this.paused) next.paused.add(address);
    next.moment = this.moment;
    next.lastSeq = this.lastSeq;
    return next;
  }

  #keep(stored: Stored): void {
    if (this.messages.has(stored.seq)) throw new Error(`there is a message ${stored.seq} already`);
    this.messages.set(stored.seq, stored);
    this.lastSeq = Math.max(this.lastSeq, stored.seq);
  }

  #remove(seq: number): void {
    this.messages.delete(seq);
    this.deliveries.delete(seq);
  }

  /** Sorting keeps the order of `seq` among equals. */
  #choose(wanted: Wanted): Stored[] {
    const all = this.#inOrder().filter(({ seq }) => !this.deliveries.has(seq));
    if (wanted.of === 'queue') {
      return all.filter(({ queue, seq, ready }) => queue === wanted.queue && seq > wanted.after && ready === 0);
    }
    if (wanted.of === 'due') return all.filter(({ due }) => due <= wanted.by).sort((a, b) => a.due - b.due);
    return all.filter(({ ready }) => ready > 0 && ready <= wanted.by).sort((a, b) => a.ready - b.ready);
  }

  #inOrder(): Stored[] {
    return [...this.messages.values()].sort((a, b) => a.seq - b.seq);
  }
}
