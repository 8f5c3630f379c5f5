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
  readonly bytes: number;
}

/** Why a message that nobody is ready for can't be held, or undefined if it can. */
export function noRoom(
  limits: QueueLimits,
  tally: Tally,
  queue: Queue | undefined,
  message: Message,
): Refusal | undefined {
  const cost = Entry.cost(message);
  if (tally.messages >= limits.messages || tally.bytes + cost > limits.bytes) {
    return { code: 'full', text: 'the broker holds as many messages as it may' };
  }
  if ((queue?.count ?? 0) >= limits.queueMessages || (queue?.bytes ?? 0) + cost > limits.queueBytes) {
    return { code: 'full', text: `the queue of ${message.to} holds as many messages as it may` };
  }
  return undefined;
}
