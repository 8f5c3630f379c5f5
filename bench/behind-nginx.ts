import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { jobFor } from './load/job.js';
import { does } from './load/load.js';
import type { Program } from './machine/program.js';
import { familyOf, workersOf } from './machine/usage.js';
import { inFrontOf } from './peers/nginx.js';
import type { WebServer, WebServing } from './peers/web-server.js';
import type { Contender } from './question.js';

/** A server with workers behind nginx, asked by web clients. What counts is the CPU of all, and that of the workers by itself. */
export function behindNginx(server: WebServer, clients: number): Contender {
  return {
    name: server.name,
    version: server.version,
    async start(folder, settings) {
      const serving = await server.start(folder, settings.workers);
      const started = [...serving.others, serving.workers];
      try {
        const files = join(folder, 'nginx');
        mkdirSync(files);
        const { program, at } = await inFrontOf(serving.at, files);
        started.push(program);
        await atWork(serving, settings.workers, at.port);
        const pids = started.flatMap(({ pid }) => familyOf(pid));
        const side = { protocol: 'http', at } as const;
        const place = { ask: side, answer: side, pids, own: workersOf(serving.workers.pid) };
        const job = jobFor({ kind: 'questions', clients }, place, settings);
        return { measure: () => does(job), stop: () => endAll(started) };
      } catch (error) {
        await endAll(started);
        throw error;
      }
    },
  };
}

/** Resolves when all workers are there, and one has answered. @throws what it said, if it ends before */
async function atWork({ workers }: WebServing, count: number, port: number): Promise<void> {
  await workers.until(async () => {
    if (workersOf(workers.pid).length < count) return false;
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { Connection: 'close' } });
    return response.ok && (await response.text()) !== '';
  });
}

/** Last started, first ended. */
async function endAll(programs: readonly Program[]): Promise<void> {
  for (const program of [...programs].reverse()) await program.end('SIGTERM');
}
