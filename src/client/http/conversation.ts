import type { Client } from '../client.js';
import { MsgliteError } from '../errors.js';
import type { LeasedMessage } from '../message.js';
import { Answer, type AnswerHead } from './answer.js';
import { RequestBody } from './body.js';
import { Departure } from './departure.js';
import type { WebRequest } from './request.js';

/**
 * What became of a request: it was answered (`complete`); nobody waits for an answer (`gone`); somebody else has it
 * (`lost`); or its answer can't be finished, and its client shall see that (`broken`).
 */
export type Outcome = 'complete' | 'gone' | 'lost' | 'broken';

/** Hears of what can't be told to any caller. */
export type Report = (error: unknown) => void;

/** One request and its answer: what an application's side works with, whatever kind of application it is. */
export class Conversation {
  readonly body: RequestBody;
  /** Resolves, once, when nothing more is to be sent. */
  readonly over: Promise<Outcome>;
  readonly #answer: Answer;
  readonly #departure: Departure | undefined;
  #resolve: (outcome: Outcome) => void = () => undefined;
  #outcome: Outcome | undefined;
  #ended: (reason: Error) => void = () => undefined;
  readonly #lost = () => this.end('lost', 'somebody else has the request');

  constructor(
    client: Client,
    private readonly message: LeasedMessage,
    readonly request: WebRequest,
    readonly report: Report,
  ) {
    this.over = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.body = new RequestBody(client, request);
    this.#answer = new Answer(message);
    message.signal.addEventListener('abort', this.#lost);
    if (request.cancelAddr === undefined) return;
    const gone = () => this.end('gone', 'the client has gone');
    this.#departure = new Departure(client, request.cancelAddr, gone, report);
  }

  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  /** Something of an answer was sent. */
  get begun(): boolean {
    return this.#answer.begun;
  }

  /** `ended` is told why, if it ends before the answer is complete. */
  watch(ended: (reason: Error) => void): void {
    this.#ended = ended;
  }

  /**
   * As `Answer.send`. After the last part the conversation is over.
   * @throws nothing: if it fails, the conversation is over too, and `ended` is told
   */
  async send(head: AnswerHead | undefined, body: Buffer, end: boolean): Promise<void> {
    if (this.#outcome !== undefined) return;
    try {
      await this.#answer.send(head, body, end);
    } catch (error) {
      const { code, message } = error as MsgliteError;
      // Nobody took it: who has asked for it has given up.
      const gone = code === 'dead' || code === 'expired';
      if (!gone && code !== 'connection-lost' && code !== 'closed') this.report(error);
      this.end(gone ? 'gone' : 'broken', `the answer could not be sent: ${message}`);
      return;
    }
    if (this.#answer.complete) this.#end('complete');
  }

  /** An answer of our own, if none has begun; otherwise what was begun is broken off. */
  async fail(status: string): Promise<void> {
    if (this.begun) return this.end('broken', 'the application could not finish its answer');
    const text = Buffer.from(`${status.slice(4)}\n`);
    const headers = ['Content-Type', 'text/plain', 'Content-Length', String(text.length)];
    const length = this.request.method === 'HEAD' ? 0 : text.length;
    await this.send({ status, headers, length }, text, true);
  }

  /** Ends it before its time. */
  end(outcome: Exclude<Outcome, 'complete'>, why: string): void {
    if (this.#outcome !== undefined) return;
    const reason = new MsgliteError('closed', why);
    this.body.stop(reason);
    this.#end(outcome);
    this.#ended(reason);
  }

  #end(outcome: Outcome): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    this.body.stop(new MsgliteError('closed', 'the answer is complete'));
    this.#departure?.end();
    this.message.signal.removeEventListener('abort', this.#lost);
    this.#resolve(outcome);
  }
}
