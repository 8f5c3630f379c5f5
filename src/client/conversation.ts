import { connect, type Socket } from 'node:net';
import { type Answer, parseAnswer } from '../protocol/answers.js';
import { Decoder } from '../protocol/decoder.js';
import { GOODBYE } from '../protocol/encoder.js';
import type { Refused } from '../protocol/refused.js';
import { type Endpoint, showEndpoint } from './address.js';
import { MsgliteError } from './errors.js';
import { Message } from './message.js';

/** The broker sets the limits; these only keep a stranger from filling our memory. */
const LIMITS = { line: 64 * 1024, body: 256 * 1024 * 1024 };

/** Milliseconds we wait for the broker to close its side. */
const FAREWELL = 5000;

/** The question that waits for its answer. */
interface Question {
  /** A `<` can be taken back. A `?` can't: what it sent is sent. */
  readonly kind: '<' | '?';
  answered(message: Message | undefined): void;
  failed(error: unknown): void;
}

/** Hears what no command can be told of any more. */
export type Trouble = (error: MsgliteError) => void;

/**
 * One connection: one conversation, in which a question (`<` or `?`) holds back all that follows.
 *
 *     open <-> asking                 a question waits for its answer
 *     open, asking -> leaving         we have ended our side, the broker may still answer
 *     any -> closed
 */
export class Conversation {
  #state: 'open' | 'asking' | 'leaving' | 'closed' = 'open';
  readonly #decoder = new Decoder(parseAnswer, LIMITS);
  #question: Question | undefined;
  /** Why it ends, where we know more than that it does. */
  #reason: MsgliteError | undefined;
  /** Something was sent, and no later answer has shown that the broker has read it. */
  #unconfirmed = false;
  /** A send has failed with the reason, so that somebody knows. */
  #told = false;
  /** It was us who ended it. */
  #byUs = false;
  #farewell: NodeJS.Timeout | undefined;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;

  private constructor(
    private readonly socket: Socket,
    private readonly trouble: Trouble,
  ) {
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('end', () => {
      if (this.#state === 'open') this.#state = 'leaving';
    });
    socket.on('error', (cause) => {
      this.#reason ??= new MsgliteError('connection-lost', `the connection broke: ${cause.message}`, { cause });
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#end();
        resolve();
      });
    });
  }

  /** @throws MsgliteError `unreachable`, or the signal's reason */
  static open(endpoint: Endpoint, trouble: Trouble, signal: AbortSignal | undefined): Promise<Conversation> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const socket = connect('path' in endpoint ? { path: endpoint.path } : { ...endpoint, noDelay: true });
      const settle = () => {
        socket.off('connect', connected);
        socket.off('error', failed);
        signal?.removeEventListener('abort', aborted);
      };
      const connected = () => {
        settle();
        resolve(new Conversation(socket, trouble));
      };
      const failed = (cause: Error) => {
        settle();
        const text = `no broker at ${showEndpoint(endpoint)}: ${describe(cause)}`;
        reject(new MsgliteError('unreachable', text, { cause }));
      };
      const aborted = () => {
        settle();
        socket.destroy();
        reject(signal?.reason);
      };
      socket.once('connect', connected);
      socket.once('error', failed);
      signal?.addEventListener('abort', aborted);
    });
  }

  /** Whether another command can go out on it. */
  get usable(): boolean {
    return this.#state === 'open';
  }

  /** Resolves when the bytes are the kernel's. */
  send(bytes: string): Promise<void> {
    this.#unconfirmed = true;
    return new Promise((resolve, reject) => {
      this.socket.write(bytes, 'latin1', (error) => {
        if (error === null || error === undefined) {
          resolve();
          return;
        }
        this.#told = true;
        reject(this.#reason ?? lost(error));
      });
    });
  }

  /** Says a `<` or `?`. Resolves with undefined when the time ran out. */
  ask(kind: '<' | '?', bytes: string): Promise<Message | undefined> {
    return new Promise((answered, failed) => {
      if (this.#state !== 'open') {
        failed(lost());
        return;
      }
      this.#state = 'asking';
      this.#question = { kind, answered, failed };
      this.socket.write(bytes, 'latin1');
    });
  }

  /**
   * Makes the question fail with `reason`. It costs this connection, as the protocol has no other way. A `<` is
   * taken back, and a message that is on its way to us by then is still its answer.
   */
  interrupt(reason: unknown): void {
    const question = this.#question;
    if (question === undefined || this.#state !== 'asking') return;
    if (question.kind === '<') {
      this.#withdraw(question, reason);
    } else {
      this.#question = undefined;
      this.#state = 'leaving';
      this.#byUs = true;
      this.socket.destroy();
      question.failed(reason);
    }
  }

  /**
   * Says goodbye; a question fails with `reason`. When it resolves, the broker has carried out all that was sent, or
   * `trouble` was called.
   */
  async leave(reason: unknown): Promise<void> {
    this.interrupt(reason);
    if (this.#state === 'open') {
      this.#leave();
      this.socket.end(GOODBYE, 'latin1');
    }
    await this.closed;
  }

  #withdraw(question: Question, reason: unknown): void {
    const failed = () => question.failed(reason);
    this.#question = {
      kind: '<',
      answered: (message) => (message === undefined ? failed() : question.answered(message)),
      failed,
    };
    this.#leave();
    this.socket.end();
  }

  #leave(): void {
    this.#state = 'leaving';
    this.#byUs = true;
    this.#farewell = setTimeout(() => {
      this.#reason ??= new MsgliteError('connection-lost', 'the broker did not say goodbye in time');
      this.socket.destroy();
    }, FAREWELL);
  }

  #read(chunk: Buffer): void {
    this.#decoder.push(chunk);
    for (let answer = this.#decoder.next(); answer !== undefined; answer = this.#decoder.next()) this.#answer(answer);
  }

  #answer(answer: Answer | Refused): void {
    if (answer.kind === 'refusal') {
      this.#breakOff(new MsgliteError('refused', `the broker refused: ${answer.text}`));
      return;
    }
    const question = this.#question;
    if (answer.kind === 'refused' || question === undefined) {
      const text = answer.kind === 'refused' ? answer.text : 'an answer came that nobody had asked for';
      this.#breakOff(new MsgliteError('protocol', text));
      return;
    }
    this.#question = undefined;
    this.#unconfirmed = false;
    if (this.#state === 'asking') this.#state = 'open';
    question.answered(answer.kind === 'message' ? new Message(answer) : undefined);
  }

  #breakOff(reason: MsgliteError): void {
    this.#reason ??= reason;
    if (this.#state !== 'closed') this.#state = 'leaving';
    this.socket.destroy();
  }

  #end(): void {
    this.#state = 'closed';
    clearTimeout(this.#farewell);
    const question = this.#question;
    this.#question = undefined;
    if (question !== undefined) question.failed(this.#reason ?? lost());
    else if (!this.#told) this.#tell();
  }

  /** No command waits any more, so what went wrong is said to the owner, if it could have cost a message. */
  #tell(): void {
    const reason = this.#reason ?? (this.#byUs ? undefined : lost());
    if (reason === undefined || (reason.code === 'connection-lost' && !this.#unconfirmed)) return;
    this.trouble(reason);
  }
}

function lost(cause?: Error): MsgliteError {
  return new MsgliteError('connection-lost', 'the connection to the broker was lost, and perhaps what was sent last', {
    cause,
  });
}

/** Node puts the reasons of several attempts (IPv6, IPv4) into one error without a text of its own. */
function describe(error: Error): string {
  return error instanceof AggregateError ? error.errors.map((one: Error) => one.message).join('; ') : error.message;
}
