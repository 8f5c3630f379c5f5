import type { Figures } from '../figures.js';
import type { Idle, Job } from './job.js';
import { ability } from './protocols.js';

/** Opens connections one after another, and holds them for as long as this process lives. */
export async function idle(job: Job, work: Idle): Promise<Figures> {
  const idler = ability(job.ask.protocol, 'idler');
  for (let i = 0; i < work.connections; i++) await new Promise<void>((heard) => idler(job.ask.at, heard));
  return {};
}
