import { once } from 'node:events';
import { connect } from 'node:net';
import Database from 'better-sqlite3';
import { BrokerProcess, TestFolder } from '../support/process.js';

/** A broker with a journal that is killed and started again, on the same socket. */
export class MortalBroker {
  readonly folder = new TestFolder();
  readonly address = `unix:${this.folder.file('socket')}`;
  /** Milliseconds from each start to the first answer. */
  readonly starts: number[] = [];
  #process: BrokerProcess | undefined;

  constructor(private readonly options: readonly string[] = []) {}

  get journal(): string {
    return this.folder.file('journal.db');
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  get log(): string {
    return this.#process?.log ?? '';
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const begun = performance.now();
    this.#process = new BrokerProcess(['--listen', this.address, '--journal', this.journal, ...this.options]);
    await this.#process.listening();
    await this.#answer();
    this.starts.push(performance.now() - begun);
  }

  async kill(): Promise<void> {
    await this.#process?.end('SIGKILL');
  }

  /** What SQLite says of the file while nobody has it open. */
  check(): unknown {
    const db = new Database(this.journal);
    try {
      return db.pragma('integrity_check', { simple: true });
    } finally {
      db.close();
    }
  }

  async end(): Promise<void> {
    await this.#process?.end();
    this.folder.remove();
  }

  /** It takes a send. */
  async #answer(): Promise<void> {
    const socket = connect(this.folder.file('socket'));
    socket.write('>> s 0 1 first-answer -\r\n');
    const [answer] = (await once(socket.setEncoding('latin1'), 'data')) as [string];
    socket.destroy();
    if (answer !== '++ s\r\n') throw new Error(`the broker answered ${answer}`);
  }
}
