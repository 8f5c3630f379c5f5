import type { Figures } from '../figures.js';
import type { Job, Questions, RoundTrips } from './job.js';
import { ability } from './protocols.js';
import { Window } from './window.js';

/** Milliseconds in which those who answer get in line. */
const HEAD_START = 100;

/** Some answer whatever is asked. */
export async function roundTrips(job: Job, work: RoundTrips): Promise<Figures> {
  const body = 'x'.repeat(job.body);
  const answerer = ability(job.answer.protocol, 'answerer');
  for (let i = 0; i < work.workers; i++) answerer(job.answer.at, body, i);
  await new Promise((resolve) => setTimeout(resolve, HEAD_START));
  return questions(job, work);
}

/** Each client asks, waits for its answer, and asks again. */
export async function questions(job: Job, work: Questions | RoundTrips): Promise<Figures> {
  const body = 'x'.repeat(job.body);
  const window = new Window(job);
  const asker = ability(job.ask.protocol, 'asker');
  for (let i = 0; i < work.clients; i++) {
    let asked = performance.now();
    const ask = asker(job.ask.at, body, i, () => {
      const now = performance.now();
      window.done(1);
      window.took(now - asked);
      asked = now;
      ask();
    });
    ask();
  }
  return window.measure();
}
