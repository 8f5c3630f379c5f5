import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Launch, Launched, Watcher } from './launch.js';
import type { Order, Report, Work } from './orders.js';

const PROGRAM = fileURLToPath(new URL('./program.js', import.meta.url));

/**
 * Starts processes of this program's own, each with its work. They log to our standard error.
 * @param work asked when it begins: what is in force then
 * @param socket descriptor of a listening socket that they are to inherit
 */
export function processes(part: Work['part'], work: () => Work, socket?: number): Launch {
  return (watcher) => {
    const child = fork(PROGRAM, [part], {
      // Structured clones keep what JSON has no word for.
      serialization: 'advanced',
      // A Ctrl-C comes to us alone, and we say who stops when.
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...(socket === undefined ? [] : [socket])],
    });
    return new Process(child, work, watcher);
  };
}

class Process implements Launched {
  #over = false;

  constructor(
    private readonly child: ChildProcess,
    private readonly work: () => Work,
    watcher: Watcher,
  ) {
    const end = (code?: number | null, signal?: string | null, error?: string) => {
      if (this.#over) return;
      this.#over = true;
      watcher.ended({ code: code ?? undefined, signal: signal ?? undefined, error });
    };
    child.on('message', (message) => {
      const report = message as Report;
      if (this.#over) return;
      if (report.report === 'loaded') watcher.loaded();
      else watcher.ready(report.addresses);
    });
    child.on('exit', (code, signal) => end(code, signal));
    child.on('error', ({ message }) => {
      // Without a number it could not be started, and there will be no 'exit'.
      if (child.pid === undefined) end(undefined, undefined, message);
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  begin(): void {
    this.#tell({ order: 'begin', work: this.work() });
  }

  stop(drain?: number): void {
    this.#tell({ order: 'stop', drain });
  }

  kill(): void {
    if (!this.#over) this.child.kill('SIGKILL');
  }

  /** An order that can't be given any more is for one that has gone or is going; its end is told by 'exit'. */
  #tell(order: Order): void {
    if (this.child.connected) this.child.send(order, () => undefined);
  }
}
