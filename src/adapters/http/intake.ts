import type { IncomingMessage } from 'node:http';
import type { Refusal } from '../../domain/errors.js';
import type { Clock } from '../../ports/clock.js';
import type { Exchange } from '../../ports/exchange.js';
import type { Turn } from '../../ports/turn.js';
import type { Admitted, Rejected } from './admission.js';
import { Bodies, type IncomingBody, WholeBody } from './body.js';
import { PIECE } from './envelope.js';
import { Problem } from './problem.js';
import type { OpenRequest } from './request.js';
import type { HttpLimits, HttpSettings } from './settings.js';
import { Upload, type UploadOwner } from './upload.js';
import type { Waits } from './waits.js';

/** What reading bodies works with. */
export interface IntakeParts {
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly turn: Turn;
  readonly waits: Waits;
  readonly settings: HttpSettings;
  readonly limits: HttpLimits;
}

/** Who has bodies read. */
export interface IntakeOwner {
  /** Sends a request with its body, or before that. */
  send(open: OpenRequest, body: string | undefined): void;
  /** Its client is to be asked for the body once the request is taken. */
  expect(open: OpenRequest): void;
  /** A part of it was refused. */
  refusedRequest(open: OpenRequest, refusal: Refusal): void;
}

/** Reads the bodies of requests: short ones first, so that they travel with their heads, and long ones behind theirs. */
export class Intake implements UploadOwner {
  readonly bodies: Bodies;
  readonly exchange: Exchange;
  readonly turn: Turn;
  readonly timeout: number;
  readonly bodyTimeout: number;
  readonly bodyRate: number;
  readonly #clock: Clock;
  readonly #waits: Waits;
  readonly #envelope: 1 | 2;

  constructor(
    { exchange, clock, turn, waits, settings, limits }: IntakeParts,
    private readonly owner: IntakeOwner,
  ) {
    this.exchange = exchange;
    this.turn = turn;
    this.timeout = settings.timeout;
    this.bodyTimeout = limits.bodyTimeout;
    this.bodyRate = limits.bodyRate;
    this.bodies = new Bodies(settings.maxBody, limits.bodies);
    this.#clock = clock;
    this.#waits = waits;
    this.#envelope = settings.envelope;
  }

  get now(): number {
    return this.#clock.now();
  }

  /** A body that came whole costs room like any other, if only for a moment. */
  admit(body: string, judged: Admitted | Rejected): Admitted | Rejected {
    if ('problem' in judged || body === '') return judged;
    if (!this.bodies.take(body.length)) return { problem: this.bodies.noRoom(), stays: false };
    this.bodies.giveBack(body.length);
    return judged;
  }

  /** @param expectsContinue its client waits to be asked */
  read(open: OpenRequest, request: IncomingMessage, expectsContinue: boolean): void {
    const { length } = open.head;
    if (this.#envelope === 1 || (length !== undefined && length <= PIECE))
      this.#readWhole(open, request, expectsContinue);
    else if (length !== undefined || expectsContinue) this.#upload(open, request, expectsContinue);
    else this.turn.resume(() => this.#readChunked(open, request));
  }

  await(body: IncomingBody): void {
    this.#waits.add(body);
  }

  relax(body: IncomingBody): void {
    this.#waits.remove(body);
  }

  /** A handler that answers without looking at the body is let be; one that stopped in the middle of it would wait for ever. */
  pieceRefused(open: OpenRequest, refusal: Refusal): void {
    if (refusal.code !== 'expired') this.owner.refusedRequest(open, refusal);
    else if (open.waiting || open.upload?.begun) open.fail(new Problem(504, 'no handler took the body in time'));
    else open.upload?.stop();
  }

  #readWhole(open: OpenRequest, request: IncomingMessage, expectsContinue: boolean): void {
    if (expectsContinue) open.response.askForBody();
    new WholeBody(open, request, this, (_open, body) => this.owner.send(open, body));
  }

  /** At the end of a turn: a short body that came together with its head is not worth a message of its own. */
  #readChunked(open: OpenRequest, request: IncomingMessage): void {
    if (!open.reading) return;
    const { complete, readableLength } = request;
    if (complete && readableLength <= PIECE) this.#readWhole(open, request, false);
    else this.#upload(open, request, false);
  }

  #upload(open: OpenRequest, request: IncomingMessage, expectsContinue: boolean): void {
    if (expectsContinue) this.owner.expect(open);
    this.owner.send(open, undefined);
    if (!open.isOver && open.bodyAddr !== undefined) open.upload = new Upload(open, request, this, open.bodyAddr);
  }
}
