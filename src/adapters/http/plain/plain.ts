import type { Socket } from 'node:net';
import { List } from '../../../domain/list.js';
import type { Alarm, Clock } from '../../../ports/clock.js';
import type { Turn } from '../../../ports/turn.js';
import type { Admission, Passed } from '../admission.js';
import { commonMembers } from '../envelope.js';
import { flat } from '../flat.js';
import type { GoodHead, RawHead } from '../head/request.js';
import type { Outgoing } from '../outgoing.js';
import type { Problem } from '../problem.js';
import type { HttpLimits } from '../settings.js';
import type { WebClient } from '../web-client.js';
import { PlainConnection } from './connection.js';
import { HeadEnds } from './head-ends.js';
import type { HeadJudge, PlainRequest } from './reader.js';

/** Who takes plain requests. */
export interface PlainOwner {
  plainRequest(request: PlainRequest, response: Outgoing, client: WebClient): void;
  /** What the client sends can't be followed any further. */
  clientFailed(client: WebClient, problem: Problem): void;
}

/** What reading plain requests works with. */
export interface PlainParts {
  readonly clock: Clock;
  readonly turn: Turn;
  readonly limits: HttpLimits;
  readonly admission: Admission;
}

/**
 * Most web requests are plain, and node:http is made for all the others, too: reading and answering the plain ones here
 * costs a fraction of that. Whatever is accepted here, node:http would accept and take for the same.
 */
export class Plain implements HeadJudge {
  readonly turn: Turn;
  readonly limits: HttpLimits;
  readonly #clock: Clock;
  readonly #admission: Admission;
  readonly #connections = new List<PlainConnection>();
  readonly #alarm: Alarm;
  readonly ends: HeadEnds;

  /** @param handOver gives a connection to node:http, with what it is to read in front */
  constructor(
    { clock, turn, limits, admission }: PlainParts,
    readonly owner: PlainOwner,
    readonly handOver: (socket: Socket) => void,
  ) {
    this.turn = turn;
    this.limits = limits;
    this.#clock = clock;
    this.#admission = admission;
    this.ends = new HeadEnds(clock, limits.keepAlive);
    this.#alarm = clock.alarm(() => this.#sweep());
  }

  get now(): number {
    return this.#clock.now();
  }

  /** Takes a connection; the one that is returned is to be given what is read from it. */
  take(socket: Socket, client: WebClient): PlainConnection {
    const connection = new PlainConnection(socket, client, this);
    if (this.#connections.empty) this.#setAlarm();
    this.#connections.add(connection);
    return connection;
  }

  /** It is closed, or node:http's. It must have been taken. */
  forget(connection: PlainConnection): void {
    this.#connections.remove(connection);
    if (this.#connections.empty) this.#alarm.clear();
  }

  read(head: RawHead): GoodHead | Problem {
    return this.#admission.read(head);
  }

  pass(head: GoodHead, peer: string): Passed {
    const origin = this.#admission.pass(head, peer);
    const { scheme, address } = origin;
    const protocol = `HTTP/${head.version}`;
    return { origin, members: flat(commonMembers({ protocol, headers: head.headers, scheme, remoteAddr: address })) };
  }

  #sweep(): void {
    const { now } = this;
    let next: PlainConnection | undefined;
    for (let connection = this.#connections.first; connection !== undefined; connection = next) {
      next = connection.after;
      connection.sweep(now);
    }
    if (!this.#connections.empty) this.#setAlarm();
  }

  #setAlarm(): void {
    this.#alarm.set(this.now + this.limits.sweep);
  }
}
