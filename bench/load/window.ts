import { createHistogram } from 'node:perf_hooks';
import type { Figures } from '../figures.js';
import { cpuOf, memoryOf } from '../machine/usage.js';
import type { Job } from './job.js';

const NANO = 1e9;
/** How many times as long as asked, at most, until something is done. */
const PATIENCE = 50;

/** The time in which operations count: after a warm-up, and for as long as asked. */
export class Window {
  readonly #times = createHistogram();
  #open = false;
  #operations = 0;
  #begun = 0;
  #spent = 0;
  #ofOwn = 0;
  #mine = process.cpuUsage();

  constructor(private readonly job: Job) {}

  /** Some operations are done. */
  done(count: number): void {
    if (this.#open) this.#operations += count;
  }

  /** One operation took this many milliseconds. */
  took(milliseconds: number): void {
    if (this.#open) this.#times.record(Math.max(1, Math.round(milliseconds * 1e6)));
  }

  /** Resolves when it has closed, with what was measured in it. */
  async measure(): Promise<Figures> {
    await pause(this.job.warm);
    this.open();
    // On a busy machine, one operation can take longer than a moment.
    for (let left = PATIENCE; left === PATIENCE || (left > 0 && this.#operations === 0); left--) {
      await pause(this.job.seconds);
    }
    return this.close();
  }

  open(): void {
    this.#begun = performance.now();
    this.#spent = cpuOf(this.job.pids);
    this.#ofOwn = cpuOf(this.job.own ?? []);
    this.#mine = process.cpuUsage();
    this.#open = true;
  }

  close(): Figures {
    this.#open = false;
    const seconds = (performance.now() - this.#begun) / 1000;
    const mine = process.cpuUsage(this.#mine);
    const each = (spent: number) => spent / 1000 / this.#operations;
    if (this.#operations === 0) throw new Error('nothing was done');
    return {
      rate: this.#operations / seconds,
      cpu: each(cpuOf(this.job.pids) - this.#spent),
      ...(this.job.own && { own: each(cpuOf(this.job.own) - this.#ofOwn) }),
      memory: memoryOf(this.job.pids),
      load: ((mine.user + mine.system) / 1e6 / seconds) * 100,
      ...this.#percentiles(),
    };
  }

  #percentiles(): Figures {
    if (this.#times.count === 0) return {};
    const micros = (percentile: number) => (this.#times.percentile(percentile) / NANO) * 1e6;
    return { p50: micros(50), p99: micros(99), p999: micros(99.9) };
  }
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
