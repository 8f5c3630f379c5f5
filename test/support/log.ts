import type { Log, LogFields } from '../../src/ports/log.js';

/** A line that was logged. */
export interface Logged {
  readonly level: 'minimal' | 'info' | 'debug';
  readonly text: string;
  readonly fields: LogFields;
}

/** A log that keeps its lines, for tests to look at. */
export class MemoryLog implements Log {
  readonly infos: boolean;
  readonly debugs: boolean;
  readonly lines: Logged[] = [];
  closed = false;

  constructor(level: 'minimal' | 'info' | 'debug' = 'debug') {
    this.infos = level !== 'minimal';
    this.debugs = level === 'debug';
  }

  minimal(text: string, fields: LogFields = {}): void {
    this.#keep({ level: 'minimal', text, fields });
  }

  info(text: string, fields: LogFields = {}): void {
    if (this.infos) this.#keep({ level: 'info', text, fields });
  }

  debug(text: string, fields: LogFields = {}): void {
    if (this.debugs) this.#keep({ level: 'debug', text, fields });
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  #keep(line: Logged): void {
    if (!this.closed) this.lines.push(line);
  }
}
