import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../ports/clock.js';
import type { Log } from '../../ports/log.js';
import type { Rejected } from './admission.js';
import type { Problem } from './problem.js';
import type { WebClient } from './web-client.js';

/** Says no to web clients, and writes that down. */
export class Refusals {
  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** The connection is closed after it. */
  refuse(client: WebClient, problem: Problem, request?: IncomingMessage): void {
    this.#log(problem, request);
    client.close(problem.toBytes(this.clock.wall(), request?.method));
  }

  /** The connection goes on, where that can be. */
  reject({ problem, stays }: Rejected, request: IncomingMessage, response: ServerResponse, client: WebClient): void {
    if (!stays) {
      this.refuse(client, problem, request);
      return;
    }
    this.#log(problem, request);
    client.last = response;
    response.writeHead(problem.status, problem.headers);
    response.end(request.method === 'HEAD' ? '' : problem.body);
  }

  #log({ status, text }: Problem, { method, url }: Partial<IncomingMessage> = {}): void {
    if (this.log.infos) this.log.info('refused', { status, why: text, method, url });
  }
}
