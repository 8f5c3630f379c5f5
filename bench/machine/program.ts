import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { BROKER_CORE, pinned } from './cores.js';
import { type Endpoint, isAnswering } from './endpoint.js';

/** Milliseconds that one has to take connections, or to go. */
const PATIENCE = 120_000;

/** A broker, or one that it is compared with, on the brokers' core. */
export class Program {
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;
  #said = '';

  /** @param environment beside our own, of which nothing is meant for a broker */
  constructor(command: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    const [program = '', ...args] = pinned(BROKER_CORE, command);
    this.#child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...ownEnvironment(), ...environment },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said = (this.#said + text).slice(-10_000);
      });
    }
    this.#gone = once(this.#child, 'close');
    // Told to who waits for it; when nobody does, the one who connects finds nobody.
    this.#gone.catch((error: Error) => {
      this.#said += error.message;
    });
  }

  /** Starts one. Resolves when it is ready, as `ready` finds out; if it can't be, it is ended. @throws what `ready` throws */
  static async start(
    command: readonly string[],
    ready: (program: Program) => Promise<unknown>,
    environment?: NodeJS.ProcessEnv,
  ): Promise<Program> {
    const program = new Program(command, environment);
    try {
      await ready(program);
      return program;
    } catch (error) {
      await program.end('SIGKILL');
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Resolves when it takes connections. @throws what it said, if it ends before */
  answering(at: Endpoint): Promise<void> {
    return this.until(() => isAnswering(at));
  }

  /** Resolves when that is so; asks again and again. @throws what it said, if it ends before */
  async until(found: () => Promise<boolean>): Promise<void> {
    const latest = performance.now() + PATIENCE;
    while (!(await found())) {
      if (this.#child.exitCode === null && this.#child.signalCode === null && performance.now() < latest) continue;
      throw new Error(`${this.#child.spawnargs.join(' ')} does not answer:\n${this.#said}`);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when it is gone. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#child.kill(signal);
    const hurry = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE);
    await this.#gone;
    clearTimeout(hurry);
  }
}

/** @returns the first line of what a program says of itself, or undefined where there is no such program */
export function versionOf(program: string, flag: string): string | undefined {
  const { error, stdout, stderr } = spawnSync(program, [flag], { encoding: 'utf8' });
  return error === undefined ? `${stdout}${stderr}`.trim().split('\n', 1)[0] : undefined;
}

function ownEnvironment(): NodeJS.ProcessEnv {
  const names = Object.keys(process.env).filter((name) => !name.startsWith('MSGLITE_'));
  return { ...Object.fromEntries(names.map((name) => [name, process.env[name]])), NODE_V8_COVERAGE: undefined };
}
