import type { Socket } from 'node:net';
import { Decoder } from '../../protocol/decoder.js';
import { GOODBYE } from '../../protocol/encoder.js';
import type { Refused } from '../../protocol/refused.js';
import type { TaggedAnswer } from '../../protocol/tagged/answers.js';
import { encodeHello } from '../../protocol/tagged/encode-command.js';
import { parseTaggedAnswer } from '../../protocol/tagged/parse-answer.js';
import { type Endpoint, showEndpoint } from '../address.js';
import { MsgliteError } from '../errors.js';
import type { Alarm, Timing } from '../timing.js';
import { dial, type TlsOptions } from './dial.js';
import { Output } from './output.js';

/** The broker sets the limits; these only keep a stranger from filling our memory. */
const LIMITS = { line: 64 * 1024, body: 1024 * 1024 * 1024 };

/** The tag of every hello. No other command has it: theirs are letters and digits. */
const HELLO = '!';

/** Milliseconds we wait for the broker to close its side. */
const FAREWELL = 5000;

/** Once more so many milliseconds before silence is taken for death: it may be we who did not listen. */
const SECOND_THOUGHT = 1000;

/** What the broker said in answer to the hello. */
export interface Welcome {
  /** What its journal survives. */
  readonly journal: 'off' | 'normal' | 'full';
  /** Most bytes of a body. */
  readonly body: number;
}

/** How connections are made. Times in milliseconds. */
export interface ConnectionSettings {
  readonly token: string | undefined;
  readonly tls: TlsOptions | undefined;
  /** For connecting, the TLS handshake and the answer to the hello. */
  readonly connectTimeout: number;
  /** Silence after which the broker is taken for dead; undefined: never. */
  readonly idle: number | undefined;
}

/** Who hears of a connection. */
export interface ConnectionOwner {
  greeted(welcome: Welcome): void;
  answered(answer: TaggedAnswer): void;
  /** The kernel has taken what was written. */
  drained(): void;
  /** It is gone. Called once, last. */
  closed(reason: MsgliteError): void;
}

/**
 * One connection to a broker, in the tagged protocol.
 *
 *     greeting -> talking -> leaving -> closed     `greeting` ends with the answer to our hello;
 *     any -> closed                                `leaving` begins with our goodbye
 */
export class Connection {
  #state: 'greeting' | 'talking' | 'leaving' | 'closed' = 'greeting';
  readonly #socket: Socket;
  readonly #output: Output;
  readonly #decoder = new Decoder(parseTaggedAnswer, LIMITS);
  readonly #alarm: Alarm;
  /** Why it ends, where we know more than that it does. */
  #reason: MsgliteError | undefined;
  #heardAt: number;
  #doubted = false;
  /** Our last hello is not answered yet. */
  #greeting = true;

  constructor(
    private readonly endpoint: Endpoint,
    private readonly settings: ConnectionSettings,
    private readonly timing: Timing,
    private readonly owner: ConnectionOwner,
  ) {
    const socket = dial(endpoint, settings.tls, (data, length) => this.#read(data, length));
    this.#socket = socket;
    this.#output = new Output(socket);
    this.#heardAt = timing.now();
    this.#alarm = timing.alarm(() => this.#ring());
    this.#alarm.set(this.#heardAt + settings.connectTimeout);
    socket.on('drain', () => owner.drained());
    socket.on('error', (cause) => {
      this.#reason ??= this.#lost(describe(cause), cause);
    });
    socket.on('close', () => this.#close());
    this.#hello();
  }

  /** Bytes that the kernel has not taken yet. */
  get unwritten(): number {
    return this.#output.unwritten;
  }

  write(text: string): void {
    this.#output.write(text);
  }

  /** Says goodbye. */
  leave(): void {
    if (this.#state === 'closed' || this.#state === 'leaving') return;
    if (this.#state === 'greeting') return this.destroy(new MsgliteError('closed', 'the client was closed'));
    this.#state = 'leaving';
    this.#output.write(GOODBYE);
    this.#output.flush();
    this.#socket.end();
    this.#alarm.set(this.timing.now() + FAREWELL);
  }

  destroy(reason: MsgliteError): void {
    this.#reason ??= reason;
    this.#socket.destroy();
  }

  #hello(): void {
    const { token, idle } = this.settings;
    this.#greeting = true;
    this.#output.write(encodeHello(HELLO, token, idle));
  }

  #read(data: Buffer, length: number): void {
    this.#heardAt = this.timing.now();
    this.#doubted = false;
    this.#decoder.push(data, length);
    for (let answer = this.#decoder.next(); answer !== undefined; answer = this.#decoder.next()) {
      if (this.#state === 'closed' || this.#socket.destroyed) return;
      this.#answer(answer);
    }
  }

  #answer(answer: TaggedAnswer | Refused): void {
    if (answer.kind === 'refused') this.destroy(new MsgliteError('protocol', this.#at(answer.text)));
    else if (answer.tag === HELLO) this.#welcome(answer);
    else if (answer.kind === 'refusal' && answer.tag === '') this.#turnedAway(answer.code, answer.text);
    else if (this.#state === 'greeting') this.destroy(new MsgliteError('protocol', this.#at('it does not answer !!')));
    else this.owner.answered(answer);
  }

  #welcome(answer: TaggedAnswer): void {
    if (answer.kind === 'refusal') return this.#turnedAway(answer.code, answer.text);
    if (answer.kind !== 'done') return this.destroy(new MsgliteError('protocol', this.#at('it does not answer !!')));
    this.#greeting = false;
    if (this.#state !== 'greeting') return;
    this.#state = 'talking';
    this.#alarm.clear();
    this.#listen();
    const { options } = answer;
    const journal = options.get('journal');
    this.owner.greeted({
      journal: journal === 'normal' || journal === 'full' ? journal : 'off',
      body: Number(options.get('body') ?? LIMITS.body),
    });
  }

  #turnedAway(code: string, text: string): void {
    this.destroy(new MsgliteError(code, `the broker refused: ${code} ${text}`));
  }

  /** A third of the time that silence may last. */
  #listen(): void {
    const { idle } = this.settings;
    if (idle !== undefined) this.#alarm.set(this.timing.now() + idle / 3);
  }

  #ring(): void {
    const { connectTimeout, idle = 0 } = this.settings;
    if (this.#state === 'greeting') {
      this.destroy(new MsgliteError('unreachable', this.#at(`no answer in ${connectTimeout / 1000} seconds`)));
    } else if (this.#state === 'leaving') {
      this.destroy(new MsgliteError('connection-lost', 'the broker did not say goodbye in time'));
    } else if (this.timing.now() - this.#heardAt <= idle) {
      if (!this.#greeting) this.#hello();
      this.#listen();
    } else if (this.#doubted) {
      this.destroy(this.#lost(`nothing was heard for ${idle / 1000} seconds`));
    } else {
      this.#doubted = true;
      this.#alarm.set(this.timing.now() + SECOND_THOUGHT);
    }
  }

  #close(): void {
    const reason = this.#reason ?? this.#lost('the broker closed it');
    this.#state = 'closed';
    this.#alarm.clear();
    this.owner.closed(reason);
  }

  #lost(why: string, cause?: Error): MsgliteError {
    const options = cause === undefined ? undefined : { cause };
    if (this.#state === 'greeting') return new MsgliteError('unreachable', this.#at(why), options);
    return new MsgliteError('connection-lost', `the connection to the broker was lost: ${why}`, options);
  }

  #at(why: string): string {
    return `no broker at ${showEndpoint(this.endpoint)}: ${why}`;
  }
}

/**
 * Node puts the reasons of several attempts (IPv6, IPv4) into one error without a text of its own, and OpenSSL its line numbers
 * into the text of its errors.
 */
function describe(error: Error & { readonly reason?: string }): string {
  if (error instanceof AggregateError) return error.errors.map((one: Error) => one.message).join('; ');
  return error.message.includes(':SSL routines:') ? (error.reason ?? error.message) : error.message;
}
