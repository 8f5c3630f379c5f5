import type { Figures } from '../figures.js';
import { Backlog } from './backlog.js';
import { type Job, type OneWay, QUEUE } from './job.js';
import { ability } from './protocols.js';
import { Window } from './window.js';

/** Producers send as fast as they are let, consumers receive. What counts is what was received. */
export async function oneWay(job: Job, work: OneWay): Promise<Figures> {
  const window = new Window(job);
  const backlog = new Backlog();
  const consumer = ability(job.answer.protocol, 'consumer');
  for (let i = 0; i < work.consumers; i++) {
    consumer(job.answer.at, work.outstanding, (count) => {
      window.done(count);
      backlog.left(count);
    });
  }
  for (let i = 0; i < work.producers; i++) produce(job, work, window, backlog);
  return window.measure();
}

/** @see OneWay.outstanding */
function produce(job: Job, work: OneWay, window: Window, backlog: Backlog): void {
  const { at, protocol } = job.ask;
  const receipts = ability(protocol, 'receipts');
  const times = new Array<number>(work.outstanding).fill(0);
  let sent = 0;
  let taken = 0;
  const send = ability(protocol, 'producer')(at, 'x'.repeat(job.body), (count) => {
    const now = performance.now();
    for (let i = 0; i < count; i++) {
      const since = times[taken++ % work.outstanding] as number;
      if (receipts) window.took(now - since);
    }
    backlog.whenLow(() => go(count));
  });
  const go = (count: number) => {
    const now = performance.now();
    for (let i = 0; i < count; i++) times[sent++ % work.outstanding] = now;
    backlog.came(count);
    send(count, QUEUE);
  };
  go(work.outstanding);
}
