import { readdirSync, readFileSync } from 'node:fs';

/** MiB of memory that a process has now. */
export function resident(pid: number): number {
  return ofStatus(pid, 'VmRSS');
}

/** MiB that it ever had at once. */
export function mostResident(pid: number): number {
  return ofStatus(pid, 'VmHWM');
}

/** Files, sockets and so on that it has open. */
export function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function ofStatus(pid: number, name: string): number {
  const [, kib = ''] = new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / 1024);
}

/** Seconds of processor time that a process has used. */
export function cpuSeconds(pid: number): number {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ');
  const [user, system] = fields.split(' ').slice(11, 13).map(Number) as [number, number];
  // In ticks, of which Linux counts 100 in a second for everybody who asks.
  return (user + system) / 100;
}
