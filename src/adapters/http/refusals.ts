import type { Clock } from '../../ports/clock.js';
import type { Log } from '../../ports/log.js';
import type { Rejected } from './admission.js';
import type { Outgoing } from './outgoing.js';
import type { Problem } from './problem.js';
import type { WebClient } from './web-client.js';

/** What was asked for, as far as that can be read. */
export interface Asked {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
}

/** Says no to web clients, and writes that down. */
export class Refusals {
  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** The connection is closed after it. */
  refuse(client: WebClient, problem: Problem, request?: Asked): void {
    this.#log(problem, request);
    client.close(problem.toBytes(this.clock.wall(), request?.method));
  }

  /** The connection goes on, where that can be. */
  reject({ problem, stays }: Rejected, request: Asked, response: Outgoing, client: WebClient): void {
    if (!stays) {
      this.refuse(client, problem, request);
      return;
    }
    this.#log(problem, request);
    client.last = response;
    response.begin(problem.head, false);
    response.end(request.method === 'HEAD' ? '' : problem.body);
  }

  #log({ status, text }: Problem, { method, url }: Asked = {}): void {
    if (this.log.infos) this.log.info('refused', { status, why: text, method, url });
  }
}
