// The process that does the work: it is given a job, does it, tells the figures, and stays until it is ended.
import { once } from 'node:events';
import type { Figures } from '../figures.js';
import { fill } from './fill.js';
import { idle } from './idle.js';
import type { Job } from './job.js';
import { fail } from './line.js';
import { oneWay } from './one-way.js';
import { questions, roundTrips } from './round-trips.js';

function work(job: Job): Promise<Figures> {
  switch (job.work.kind) {
    case 'round-trips':
      return roundTrips(job, job.work);
    case 'questions':
      return questions(job, job.work);
    case 'one-way':
      return oneWay(job, job.work);
    case 'fill':
      return fill(job, job.work);
    case 'idle':
      return idle(job, job.work);
  }
}

try {
  const [job] = (await once(process, 'message')) as [Job];
  const figures = await work(job);
  process.send?.(figures);
} catch (error) {
  fail(error);
}
