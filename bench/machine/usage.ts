import { readdirSync, readFileSync } from 'node:fs';

/** @returns nanoseconds of CPU that these processes have used so far, in all of their living threads */
export function cpuOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuOfThreads(`/proc/${pid}/task`), 0);
}

/** schedstat counts in nanoseconds where stat counts in hundredths of a second. */
function cpuOfThreads(folder: string): number {
  let sum = 0;
  for (const thread of readdirSync(folder)) {
    const [spent = ''] = readFileSync(`${folder}/${thread}/schedstat`, 'latin1').split(' ');
    sum += Number(spent);
  }
  return sum;
}

/** @returns MB (of a million bytes) that these processes hold in memory */
export function memoryOf(pids: readonly number[]): number {
  let kib = 0;
  for (const pid of pids) {
    const [, resident = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
    kib += Number(resident);
  }
  return (kib * 1024) / 1e6;
}

/** @returns a process, those it has started, and theirs */
export function familyOf(pid: number): readonly number[] {
  return [pid, ...childrenOf(pid).flatMap(familyOf)];
}

/** @returns those of a family that have started none: the workers */
export function workersOf(pid: number): readonly number[] {
  return familyOf(pid).filter((one) => childrenOf(one).length === 0);
}

/** One that has ended since it was listed has none. */
function childrenOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
      const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').trim();
      return children.split(' ').filter(Boolean).map(Number);
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return [];
    throw error;
  }
}
