// Loaded into a broker before its own code (node --import): watches how long its event loop stands still, and on SIGUSR2
// writes the longest time in milliseconds to BENCH_STALL_FILE, and begins anew.
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Milliseconds between two looks; a stall is what is beyond it. */
const RESOLUTION = 1;

const file = process.env.BENCH_STALL_FILE;
if (file === undefined) throw new Error('BENCH_STALL_FILE is not given');
const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
delay.enable();
process.on('SIGUSR2', () => {
  const stall = Math.max(0, delay.max / 1e6 - RESOLUTION);
  writeFileSync(`${file}.new`, String(stall));
  renameSync(`${file}.new`, file);
  delay.reset();
});
