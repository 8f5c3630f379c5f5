import { Entry } from './entry.js';
import type { Refusal } from './errors.js';
import type { Message } from './message.js';
import type { Queue } from './queue.js';
import type { Tally } from './tally.js';

/** What a broker holds at most. Bytes count each message's body and 300 bytes for the rest of it. */
export interface QueueLimits {
  readonly queueMessages: number;
  readonly queueBytes: number;
  /** Over all queues, deliveries not yet settled included. */
  readonly messages: number;
  /** In memory. */
  readonly bytes: number;
  /** With a journal: bytes in memory beyond which messages are left to it until their turn comes. */
  readonly memory: number;
  /** Ids remembered; see `KnownIds`. */
  readonly ids: number;
  /** Milliseconds for which dead letters are kept. */
  readonly deadLifetime: number;
}

/** Addresses that can be paused at a time. */
export const MOST_PAUSED = 10_000;

const BROKER_FULL: Refusal = { code: 'full', text: 'the broker holds as many messages as it may' };

/**
 * Why a message can't be taken, or undefined if it can.
 * @param waits whether it has to wait: one that somebody is ready for at that moment costs bytes only, while it is out
 */
export function noRoom(
  limits: QueueLimits,
  tally: Tally,
  queue: Queue | undefined,
  message: Message,
  waits: boolean,
): Refusal | undefined {
  const cost = Entry.cost(message);
  if (tally.bytes + cost > limits.bytes) return BROKER_FULL;
  if (!waits) return undefined;
  if (tally.messages >= limits.messages) return BROKER_FULL;
  if ((queue?.waiting ?? 0) >= limits.queueMessages || (queue?.bytes ?? 0) + cost > limits.queueBytes) {
    return { code: 'full', text: `the queue of ${message.to} holds as many messages as it may` };
  }
  return undefined;
}
