import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/** Where and when it was measured. */
export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  /** GB. */
  readonly memory: number;
  readonly system: string;
  /** Processes that wanted to run, on the average of the last minute: ours too. */
  readonly busy: number;
}

export function machine(): Machine {
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memory: Math.round(totalmem() / 1e9),
    system: `${type()} ${release()}`,
    busy: loadavg()[0] ?? 0,
  };
}
