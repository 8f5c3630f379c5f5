import type { Control } from '../protocol/tagged/vocabulary.js';
import { wireAddress, wireCount, wireId } from './arguments.js';
import type { AskListener, LinkRefusal } from './link/ask.js';
import { errorOf } from './refusal.js';

/** One queue, as `queues` lists it. Later brokers may say more. */
export interface QueueRow {
  readonly name: string;
  readonly messages: number;
  readonly receivers: number;
  readonly deliveries: number;
  readonly paused: boolean;
}

/** One message, as `peek` shows it. */
export interface PeekedMessage {
  readonly at: string;
  readonly to: string;
  readonly replyTo?: string;
  readonly timeout: number;
  readonly attempts: number;
  readonly id?: string;
  readonly bytes: number;
  /** Where it is text. */
  readonly body?: string;
  readonly bodyBase64?: string;
}

/** Asks the broker. */
export type AskControl = (control: Control, listener: AskListener) => void;

/**
 * Inspects and controls the broker. All but `recall` need the admin right where tokens are used. After a lost connection a
 * call is repeated, but for `purge`, `kick` and `recall`: those fail with `connection-lost`.
 */
export class Controls {
  readonly #ask: AskControl;

  /** Use `Client.control`. */
  constructor(ask: AskControl) {
    this.#ask = ask;
  }

  /** What the broker holds and did. */
  stats(): Promise<Readonly<Record<string, number>>> {
    return this.#answer({ command: 'stats' });
  }

  /**
   * At most 1,000 queues in the order of their names.
   * @param options.prefix what their names begin with
   * @param options.after the name after which the list goes on, when `more` was true
   */
  queues(
    options: { readonly prefix?: string | undefined; readonly after?: string | undefined } = {},
  ): Promise<{ readonly queues: readonly QueueRow[]; readonly more: boolean }> {
    const { prefix = '', after = '' } = options;
    const wire = (text: string) => (text === '' ? '' : wireAddress(text));
    return this.#answer(() => ({ command: 'queues', prefix: wire(prefix), after: wire(after) }));
  }

  /** The first messages of a queue, 1 to 1,000, left where they are. */
  async peek(address: string, count = 1): Promise<readonly PeekedMessage[]> {
    const { messages } = await this.#answer<{ messages: readonly PeekedMessage[] }>(() => ({
      command: 'peek',
      address: wireAddress(address),
      count: wireCount('a number of messages', count),
    }));
    return messages;
  }

  /** Drops all that wait. Resolves with how many. */
  async purge(address: string): Promise<number> {
    const { purged } = await this.#answer<{ purged: number }>(() => ({
      command: 'purge',
      address: wireAddress(address),
    }));
    return purged;
  }

  /** Sends dead letters back to where they came from, all if no number is given. Resolves with how many. */
  async kick(address: string, count = Number.POSITIVE_INFINITY): Promise<number> {
    const { kicked } = await this.#answer<{ kicked: number }>(() => ({
      command: 'kick',
      address: wireAddress(address),
      count: wireCount('a number of messages', count),
    }));
    return kicked;
  }

  /** Messages queue, and are not handed over until `resume`. */
  async pause(address: string): Promise<void> {
    await this.#answer(() => ({ command: 'pause', address: wireAddress(address) }));
  }

  async resume(address: string): Promise<void> {
    await this.#answer(() => ({ command: 'resume', address: wireAddress(address) }));
  }

  /** Takes back a queued message by its sender's id. False: it is not there any more. */
  async recall(address: string, id: string): Promise<boolean> {
    const { recalled } = await this.#answer<{ recalled: boolean }>(() => ({
      command: 'recall',
      address: wireAddress(address),
      id: wireId(id),
    }));
    return recalled;
  }

  #answer<T extends object>(control: Control | (() => Control)): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#ask(typeof control === 'function' ? control() : control, {
        answered: (_tag: string, answer: object) => resolve(answer as T),
        refused: (_tag: string, refusal: LinkRefusal) => reject(errorOf(refusal)),
      });
    });
  }
}
