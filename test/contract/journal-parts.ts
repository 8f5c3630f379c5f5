import { queueName } from '../../src/domain/address.js';
import { Message, type SendOptions, STANDARD } from '../../src/domain/message.js';
import type {
  Batch,
  Journal,
  JournalFailure,
  Moment,
  Stored,
  StoredDelivery,
  StoredId,
  Wanted,
} from '../../src/ports/journal.js';

/** What of a message is made up where it is not given. */
export interface Parts extends Partial<Omit<Message, 'options'>> {
  readonly options?: Partial<SendOptions>;
}

/** A message to be kept; what is not given is made up. */
export function stored(seq: number, parts: Parts = {}, place: Partial<Stored> = {}): Stored {
  const { to = `to.${seq % 3}`, replyTo, body = `body ${seq}`, timeout = 60_000, options } = parts;
  const message = new Message(to, replyTo, body, timeout, options ? { ...STANDARD, ...options } : STANDARD);
  const { at = to } = place;
  const usual = { due: seq + 60_000, ready: 0, attempts: 0, fingerprint: options?.id === undefined ? 0 : seq };
  return { seq, queue: queueName(at), at, ...usual, message, ...place };
}

/** What is known of a message's deliveries; what is not given is made up. */
export function delivery(seq: number, parts: Partial<StoredDelivery> = {}): StoredDelivery {
  return { seq, attempts: 1, name: `delivery ${seq}`, until: 5000, answered: false, ...parts };
}

/** The id of a finished message; what is not given is made up. */
export function finished(number: number, parts: Partial<StoredId> = {}): StoredId {
  return {
    number,
    address: 'to.1',
    id: `id ${number}`,
    fingerprint: 7,
    outcome: 'done',
    forgetAt: number + 300_000,
    ...parts,
  };
}

/** A batch at the given moment; its wall time is told from its running time. */
export function batch(
  added: readonly Stored[],
  removed: readonly number[] = [],
  running = 1,
  more: Partial<Batch> = {},
): Batch {
  const others = { moved: [], delivered: [], remembered: [], forgotten: 0, paused: [], resumed: [] };
  return { ...others, added, removed, moment: { running, wall: 1.7e12 + running }, ...more };
}

/** Commits, and resolves with the failure if there was one. Rejects when `done` is called again. */
export function commit(journal: Journal, changes: Batch): Promise<JournalFailure | undefined> {
  return new Promise((resolve, reject) => {
    let calls = 0;
    journal.commit(changes, (failure) => {
      calls++;
      if (calls > 1) reject(new Error('done was called twice'));
      // Not before the call has returned, so that a second one within it is seen.
      setImmediate(() => resolve(failure));
    });
  });
}

/** Commits what must succeed, one batch after another. */
export async function keep(journal: Journal, ...batches: Batch[]): Promise<void> {
  for (const changes of batches) {
    const failure = await commit(journal, changes);
    if (failure !== undefined) throw failure.cause;
  }
}

/** Reads what must be readable; without bounds, all of it. Rejects when `done` is called again. */
export function read(journal: Journal, wanted: Wanted, count = 1e6, bytes = 1e9): Promise<readonly Stored[]> {
  return new Promise((resolve, reject) => {
    let calls = 0;
    journal.read(wanted, count, bytes, (found, failure) => {
      calls++;
      if (calls > 1) reject(new Error('done was called twice'));
      if (failure !== undefined) reject(failure.cause);
      setImmediate(() => resolve(found));
    });
  });
}

/** What a journal tells when it is restored; in some order where the port leaves it open. */
export interface Told {
  readonly queues: Record<string, number>;
  readonly delayed: { readonly count: number; readonly first: number } | undefined;
  readonly deliveries: { readonly stored: Stored; readonly delivery: StoredDelivery }[];
  readonly waitingIds: { address: string; id: string; fingerprint: number; seq: number }[];
  readonly finishedIds: StoredId[];
  readonly paused: string[];
  readonly last: { readonly moment: Moment; readonly lastSeq: number } | undefined;
}

/** Restores it. What is told twice is an error. */
export function restored(journal: Journal): Told {
  const told = { queues: {} as Record<string, number>, delayed: undefined as Told['delayed'] };
  const lists: Pick<Told, 'deliveries' | 'waitingIds' | 'finishedIds' | 'paused'> = {
    deliveries: [],
    waitingIds: [],
    finishedIds: [],
    paused: [],
  };
  const last = journal.restore({
    queue: (name, count) => {
      if (name in told.queues) throw new Error(`told twice of the queue ${name}`);
      told.queues[name] = count;
    },
    delayed: (count, first) => {
      if (told.delayed !== undefined) throw new Error('told twice of those that are delayed');
      told.delayed = { count, first };
    },
    delivery: (one, of) => lists.deliveries.push({ stored: one, delivery: of }),
    waitingId: (address, id, fingerprint, seq) => lists.waitingIds.push({ address, id, fingerprint, seq }),
    finishedId: (id) => lists.finishedIds.push(id),
    paused: (address) => lists.paused.push(address),
  });
  lists.deliveries.sort((a, b) => a.delivery.seq - b.delivery.seq);
  lists.waitingIds.sort((a, b) => a.seq - b.seq);
  lists.paused.sort();
  return { ...told, ...lists, last };
}

/** All messages that a journal holds, in the order of their `seq`. Restores it. */
export async function kept(journal: Journal): Promise<Stored[]> {
  const { queues, deliveries } = restored(journal);
  const all = deliveries.map((one) => one.stored);
  for (const queue of Object.keys(queues)) all.push(...(await read(journal, { of: 'queue', queue, after: 0 })));
  all.push(...(await read(journal, { of: 'ready', by: Number.MAX_SAFE_INTEGER })));
  return all.sort((a, b) => a.seq - b.seq);
}
