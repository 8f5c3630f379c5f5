import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './root.js';

/** What ended a process. */
export type Ended = number | NodeJS.Signals;

/** A broker in a process of its own, or with `up` before its options a supervisor with its processes. */
export class BrokerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Ended>;
  #log = '';

  /** @param environment beside the test's own, of which nothing is meant for a broker */
  constructor(options: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    this.#child = spawn(process.execPath, [join(ROOT, 'bin/msglite.js'), ...options], {
      stdio: ['ignore', 'inherit', 'pipe'],
      env: { ...process.env, NODE_V8_COVERAGE: undefined, ...environment },
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
    this.#ended = once(this.#child, 'close').then(([code, signal]) => (code ?? signal) as Ended);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  get log(): string {
    return this.#log;
  }

  /** Resolves when the log says so often that it listens, or does not resolve but throws when the broker ends first. */
  async listening(times = 1): Promise<this> {
    return this.says(' listening ', times);
  }

  /** The same for any text. */
  async says(text: string, times = 1): Promise<this> {
    while (this.#log.split(text).length <= times) await this.#more();
    return this;
  }

  /** Resolves with what the pattern matches, once the log has it; throws if the process ends before. */
  async logged(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#log);
      if (found !== null) return found;
      await this.#more();
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends the signal and resolves when the process is gone, with all that it has started. */
  end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.#child.kill(signal);
    return this.#ended;
  }

  ended(): Promise<Ended> {
    return this.#ended;
  }

  /** Resolves when the log has grown. */
  async #more(): Promise<void> {
    const more = once(this.#child.stderr as NodeJS.ReadableStream, 'data');
    const ended = await Promise.race([more.then(() => undefined), this.#ended]);
    if (ended !== undefined) throw new Error(`the broker ended (${ended}):\n${this.#log}`);
  }
}

/** A folder that is gone when `remove` is called. */
export class TestFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'msglite-'));

  file(name: string): string {
    return join(this.path, name);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
