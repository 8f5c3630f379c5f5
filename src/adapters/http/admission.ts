import type { IncomingMessage } from 'node:http';
import { type Bodies, RETRY_AFTER } from './body.js';
import { type Origin, passOn } from './forwarding.js';
import { type GoodHead, judgeRequestHead } from './head/request.js';
import { Problem } from './problem.js';
import { type Route, type RouteOptions, Routes } from './routes.js';
import type { HttpLimits } from './settings.js';
import { Trust } from './trust.js';
import type { WebClient } from './web-client.js';

/** A request that is let in. */
export interface Admitted {
  readonly head: GoodHead;
  readonly origin: Origin;
  readonly route: Route;
}

/** One that is not. `stays`: what follows it on its connection can be read. */
export interface Rejected {
  readonly problem: Problem;
  readonly stays: boolean;
}

/** Decides which requests are let in. */
export class Admission {
  readonly #trust: Trust;
  readonly #routes: Routes;

  constructor(
    private readonly limits: HttpLimits,
    private readonly bodies: Bodies,
    trust: readonly string[],
    routes: readonly RouteOptions[],
  ) {
    this.#trust = new Trust(trust);
    this.#routes = new Routes(routes);
  }

  /** @param now milliseconds */
  judge(request: IncomingMessage, client: WebClient, now: number): Admitted | Rejected {
    const head = judgeRequestHead(request, this.limits.headers);
    if (head instanceof Problem) return { problem: head, stays: false };
    const { method, host, url, length } = head;
    if (length !== undefined && length > this.bodies.most) return { problem: this.bodies.tooLong(), stays: false };
    if (client.unanswered.size >= this.limits.pipelined) {
      return { problem: new Problem(503, 'too many requests at once on this connection', RETRY_AFTER), stays: false };
    }
    const stays = length === 0;
    const route = this.#routes.find(method, host, url);
    if (route === undefined) return { problem: new Problem(404, 'no handler is there for this'), stays };
    if (route.full) return { problem: new Problem(503, TOO_MANY, route.retryAfter(now)), stays };
    return { head, origin: passOn(head, client.peer, this.#trust), route };
  }
}

/** Why there is no room for a request. */
export const TOO_MANY = 'too many requests are waiting';
