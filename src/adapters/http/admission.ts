import { type Bodies, RETRY_AFTER } from './body.js';
import { type Origin, passOn } from './forwarding.js';
import { type GoodHead, judgeRequestHead, type RawHead } from './head/request.js';
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
  /** What of it is in every message of such requests, where that is known already; see `commonMembers`. */
  readonly members: string | undefined;
}

/** One that is not. `stays`: what follows it on its connection can be read. */
export interface Rejected {
  readonly problem: Problem;
  readonly stays: boolean;
}

/** What is the same for all requests of a connection that have the same headers. */
export type Passed = Pick<Admitted, 'origin' | 'members'>;

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
  judge(request: RawHead, client: WebClient, now: number): Admitted | Rejected {
    const head = this.read(request);
    if (head instanceof Problem) return { problem: head, stays: false };
    return this.admit(head, client, now);
  }

  /** Judges a head for itself. */
  read(request: RawHead): GoodHead | Problem {
    return judgeRequestHead(request, this.limits.headers);
  }

  /** Adds whom a request is passed on for. */
  pass(head: GoodHead, peer: string): Origin {
    return passOn(head, peer, this.#trust);
  }

  /**
   * Judges what only the moment tells.
   * @param passed undefined: it is yet to be found out
   */
  admit(head: GoodHead, client: WebClient, now: number, passed?: Passed): Admitted | Rejected {
    const { method, host, url, length } = head;
    if (length !== undefined && length > this.bodies.most) return { problem: this.bodies.tooLong(), stays: false };
    if (client.unanswered >= this.limits.pipelined) {
      return { problem: new Problem(503, 'too many requests at once on this connection', RETRY_AFTER), stays: false };
    }
    const stays = length === 0;
    const route = this.#routes.find(method, host, url);
    if (route === undefined) return { problem: new Problem(404, 'no handler is there for this'), stays };
    if (route.full) return { problem: new Problem(503, TOO_MANY, route.retryAfter(now)), stays };
    if (passed !== undefined) return { head, route, origin: passed.origin, members: passed.members };
    return { head, route, origin: this.pass(head, client.peer), members: undefined };
  }
}

/** Why there is no room for a request. */
export const TOO_MANY = 'too many requests are waiting';
