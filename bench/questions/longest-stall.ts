import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { jobFor } from '../load/job.js';
import { does } from '../load/load.js';
import { msglite } from '../peers/msglite.js';
import type { Running } from '../peers/peer.js';
import type { Contender, Question } from '../question.js';
import { ROOT } from '../root.js';
import { ROUND_TRIPS } from '../under-load.js';

export const longestStall: Question = {
  name: 'longest-stall',
  asks: 'For how long, at worst, does the event loop stand still in 10 minutes of round trips with a journal?',
  contenders: [watched()],
  judged: 'stall',
  targets: [{ atMost: 100, aim: 20 }],
};

function watched(): Contender {
  const file = (folder: string) => join(folder, 'stall');
  const peer = msglite({
    tagged: true,
    journal: true,
    flags: ['--import', `${ROOT}dist/bench/watch-stalls.js`],
    environment: (folder) => ({ BENCH_STALL_FILE: file(folder) }),
  });
  return {
    ...peer,
    async start(folder, { warm, stallSeconds }) {
      const running = await peer.start(folder);
      const job = jobFor(ROUND_TRIPS, running, { warm, seconds: stallSeconds });
      return {
        async measure() {
          // That of its start is no stall under load.
          await longest(running, file(folder));
          const figures = await does(job);
          return { ...figures, stall: await longest(running, file(folder)) };
        },
        stop: () => running.stop(),
      };
    },
    once: true,
  };
}

/** Milliseconds of the longest stall since it was last asked. */
async function longest(running: Running, file: string): Promise<number> {
  running.signal('SIGUSR2');
  while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 10));
  const stall = Number(readFileSync(file, 'utf8'));
  rmSync(file);
  return stall;
}
