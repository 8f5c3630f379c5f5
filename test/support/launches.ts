import type { Ended, Launch, Launched, Watcher } from '../../src/app/supervisor/launch.js';

const NOTHING = { code: undefined, signal: undefined, error: undefined };

/** A process that does what a test says. */
export class FakeProcess implements Launched {
  readonly orders: string[] = [];

  constructor(
    readonly name: string,
    readonly pid: number,
    private readonly watcher: Watcher,
    private readonly heard: (order: string) => void,
  ) {}

  begin(): void {
    this.#hear('begin');
  }

  stop(drain?: number): void {
    this.#hear(`stop ${drain}`);
  }

  kill(): void {
    this.#hear('kill');
  }

  loaded(): void {
    this.watcher.loaded();
  }

  ready(path = `/${this.name}`): void {
    this.watcher.ready([{ path, mode: 0o600 }]);
  }

  exit(code: number): void {
    this.watcher.ended({ ...NOTHING, code });
  }

  /** It was killed by a signal. */
  die(signal = 'SIGKILL'): void {
    this.watcher.ended({ ...NOTHING, signal });
  }

  /** It could not even be started. */
  fail(error: string): void {
    this.watcher.ended({ ...NOTHING, error } satisfies Ended);
  }

  #hear(order: string): void {
    this.orders.push(order);
    this.heard(`${this.name} ${this.pid}: ${order}`);
  }
}

/** All processes that were launched, and all that they were told, in order. */
export class Launches {
  readonly all: FakeProcess[] = [];
  readonly orders: string[] = [];

  launch(name: string): Launch {
    return (watcher) => {
      const made = new FakeProcess(name, this.all.length + 1, watcher, (order) => this.orders.push(order));
      this.all.push(made);
      this.orders.push(`${name} ${made.pid}: launched`);
      return made;
    };
  }

  get last(): FakeProcess {
    return this.all.at(-1) as FakeProcess;
  }

  /** What was told since the last call. */
  news(): string[] {
    return this.orders.splice(0);
  }
}
