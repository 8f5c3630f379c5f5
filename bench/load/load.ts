import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Figures } from '../figures.js';
import { LOAD_CORE, pinned } from '../machine/cores.js';
import { ROOT } from '../root.js';
import type { Job } from './job.js';

const MAIN = `${ROOT}dist/bench/load/main.js`;

/** A process that does some work, on the core of those who ask. */
export class Load {
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;
  #said = '';

  constructor(private readonly job: Job) {
    const [program = '', ...args] = pinned(LOAD_CORE, [process.execPath, MAIN]);
    const environment = { ...process.env, NODE_V8_COVERAGE: undefined };
    this.#child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: environment });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
    this.#gone = once(this.#child, 'close');
  }

  /** Resolves with the figures when the work is done, while connections are still open. @throws why it could not be */
  async done(): Promise<Figures> {
    const figures = once(this.#child, 'message').then(([value]) => value as Figures);
    this.#child.send(this.job);
    const first = await Promise.race([figures, this.#gone.then(() => undefined)]);
    if (first === undefined) throw new Error(`${this.job.work.kind} at ${this.job.ask.protocol} failed: ${this.#said}`);
    return first;
  }

  /** Resolves when it is gone. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }
}

/** Does a job from beginning to end. @throws why it could not be done */
export async function does(job: Job): Promise<Figures> {
  const load = new Load(job);
  try {
    return await load.done();
  } finally {
    await load.end();
  }
}
