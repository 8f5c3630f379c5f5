import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Brokers, and whoever they are compared with, have one core, those who ask them another. */
export const BROKER_CORE = 0;
export const LOAD_CORE = 1;

const canPin = availableParallelism() >= 2 && spawnSync('taskset', ['-c', `${LOAD_CORE}`, 'true']).status === 0;

/** The command that runs another on one core; where there is no second one, or no taskset, it is that other itself. */
export function pinned(core: number, command: readonly string[]): readonly string[] {
  return canPin ? ['taskset', '-c', String(core), ...command] : command;
}
