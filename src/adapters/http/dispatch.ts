import type { Refusal } from '../../domain/errors.js';
import type { Message } from '../../domain/message.js';
import type { Exchange, Sender } from '../../ports/exchange.js';
import type { Ids } from '../../ports/ids.js';
import type { Turn } from '../../ports/turn.js';
import { IdBudget } from './id-budget.js';
import { messagesOf, withoutId } from './messages.js';
import type { OpenRequest } from './request.js';
import type { HttpSettings } from './settings.js';

/** What sending requests works with. */
export interface DispatchParts {
  readonly exchange: Exchange;
  readonly turn: Turn;
  readonly ids: Ids;
  readonly settings: HttpSettings;
  /** Requests with an id that are sent at once; see `IdBudget`. */
  readonly mostIds: number;
}

/** Who has requests sent. */
export interface DispatchOwner {
  /** The one with this label, unless it is over. */
  requestOf(label: string): OpenRequest | undefined;
  /** It was refused, or a part of it was. Not called from within a call of the exchange if deliveries are to be settled. */
  refusedRequest(open: OpenRequest, refusal: Refusal): void;
}

/** Sends requests, and hears what became of that. */
export class Dispatch implements Sender {
  readonly #budget: IdBudget;
  /** Requests sent with an id of which the exchange has not said yet that it took them, by label. */
  readonly #withId = new Map<string, Message>();
  /** Labels of those whose clients wait to be asked for the body. */
  readonly #expecting = new Set<string>();

  constructor(
    private readonly parts: DispatchParts,
    private readonly owner: DispatchOwner,
  ) {
    this.#budget = new IdBudget(parts.mostIds);
  }

  /**
   * Sends a request; an answer is awaited at `replyTo`.
   * @param body undefined: it comes apart, in pieces to what is then the request's `bodyAddr`
   * @param now milliseconds
   */
  send(open: OpenRequest, body: string | undefined, replyTo: string, now: number): void {
    const { exchange, ids, settings } = this.parts;
    const { label } = open;
    const id = this.#budget.take(now) ? label : undefined;
    const messages = messagesOf(open, body, replyTo, id, settings, ids);
    open.bodyAddr = messages.bodyAddr;
    if (messages.body !== undefined) exchange.send(messages.body, this.#bodies, label);
    if (open.isOver) return;
    if (id !== undefined) this.#withId.set(label, messages.request);
    // Not before: a request that was refused has no handler.
    open.cancelAddr = messages.cancelAddr;
    open.recallable = id !== undefined;
    exchange.send(messages.request, this, label);
    // Its receipt comes too late for that.
    if (settings.queueTimeout !== undefined && !open.isOver) this.#askForBody(label);
  }

  /** Its client is asked for the body once the exchange has taken the request; to be called before `send`. */
  expect({ label }: OpenRequest): void {
    this.#expecting.add(label);
  }

  /** A reply has begun. */
  replied({ due, movedAt }: OpenRequest): void {
    this.#budget.replied(movedAt, movedAt - due + this.parts.settings.timeout);
  }

  accepted(label: string): void {
    if (this.#withId.size > 0) this.#withId.delete(label);
    this.#askForBody(label);
  }

  /** Of a receipt for what a handler has done: that it is dead comes as a dead letter, and what is unknown may still be answered. */
  #isNoNews({ code }: Refusal): boolean {
    return this.parts.settings.queueTimeout !== undefined && (code === 'dead' || code === 'journal-failed');
  }

  #askForBody(label: string): void {
    if (this.#expecting.delete(label)) this.owner.requestOf(label)?.response.askForBody();
  }

  /** Where it may be ids that there are too many of, the request is sent again without one. */
  refused(label: string, refusal: Refusal): void {
    const open = this.owner.requestOf(label);
    const withId = this.#withId.get(label);
    this.#withId.delete(label);
    if (open === undefined || this.#isNoNews(refusal)) {
      this.#expecting.delete(label);
      return;
    }
    open.recallable = false;
    if (withId === undefined || refusal.code !== 'full') {
      this.#expecting.delete(label);
      open.cancelAddr = undefined;
      this.owner.refusedRequest(open, refusal);
      return;
    }
    this.parts.turn.resume(() => {
      if (!open.isOver) this.parts.exchange.send(withoutId(withId), this, label);
    });
  }

  /** For bodies of requests that are sent as a whole. The request itself may have been sent. */
  readonly #bodies: Sender = {
    accepted: () => undefined,
    refused: (label, refusal) => {
      const { owner } = this;
      const open = owner.requestOf(label);
      if (open?.answering) this.parts.turn.resume(() => owner.refusedRequest(open, refusal));
      else if (open !== undefined) owner.refusedRequest(open, refusal);
    },
  };
}
