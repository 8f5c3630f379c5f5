import { inject, injectable } from 'tsyringe';
import winston from 'winston';
import type { Clock } from '../../ports/clock.js';
import type { Log, LogFields } from '../../ports/log.js';
import { CLOCK } from '../../ports/tokens.js';
import { formatJson, formatText, type Line } from './format.js';

export const LOG_SETTINGS = Symbol('LogSettings');

export interface LogSettings {
  readonly level: 'minimal' | 'info' | 'debug';
  readonly format: 'text' | 'json';
  /** Where lines go, and whose owner closes it; standard error if not given. */
  readonly stream?: NodeJS.WritableStream;
}

const LEVELS = { minimal: 0, info: 1, debug: 2 };
const NONE: LogFields = {};

/** The log through winston. Lines whose stream has gone away are lost: there is nobody left to tell. */
@injectable()
export class WinstonLog implements Log {
  readonly infos: boolean;
  readonly debugs: boolean;
  readonly #logger: winston.Logger;
  readonly #transport: winston.transport;
  readonly #stream: NodeJS.WritableStream;
  #closed: Promise<void> | undefined;
  readonly #streamFailed = () => undefined;

  constructor(
    @inject(CLOCK) private readonly clock: Clock,
    @inject(LOG_SETTINGS) settings: LogSettings,
  ) {
    this.infos = LEVELS[settings.level] >= LEVELS.info;
    this.debugs = LEVELS[settings.level] >= LEVELS.debug;
    const format = settings.format === 'json' ? formatJson : formatText;
    this.#stream = settings.stream ?? process.stderr;
    this.#transport = new winston.transports.Stream({ stream: this.#stream, eol: '\n' });
    this.#logger = winston.createLogger({
      levels: LEVELS,
      level: settings.level,
      format: winston.format.printf((info) => format(info.line as Line)),
      transports: [this.#transport],
    });
    this.#stream.on('error', this.#streamFailed);
  }

  minimal(text: string, fields = NONE): void {
    this.#write('minimal', text, fields);
  }

  info(text: string, fields = NONE): void {
    if (this.infos) this.#write('info', text, fields);
  }

  debug(text: string, fields = NONE): void {
    if (this.debugs) this.#write('debug', text, fields);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #write(level: string, text: string, fields: LogFields): void {
    if (this.#closed !== undefined) return;
    const line: Line = { time: this.clock.wall(), level, text, fields };
    this.#logger.log({ level, message: text, line });
  }

  /** Winston says when it has passed on its lines; the stream, in the callback of a write, when they are out. */
  async #close(): Promise<void> {
    const passedOn = new Promise((resolve) => this.#transport.once('finish', resolve));
    this.#logger.end();
    await passedOn;
    await new Promise<void>((resolve) => this.#stream.write('', () => resolve()));
    this.#stream.off('error', this.#streamFailed);
  }
}
