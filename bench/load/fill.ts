import type { Figures } from '../figures.js';
import type { Fill, Job } from './job.js';
import { ability } from './protocols.js';
import { Window } from './window.js';

/** Messages that are sent at once, and after them the next when all have been taken. */
const BATCH = 1000;

/** Sends so many messages, each address its share one after another. */
export function fill(job: Job, work: Fill): Promise<Figures> {
  const window = new Window(job);
  const each = Math.max(1, Math.round(work.messages / work.addresses));
  let sent = 0;
  let taken = 0;
  return new Promise((resolve) => {
    const send = ability(job.ask.protocol, 'producer')(job.ask.at, 'x'.repeat(job.body), (count) => {
      window.done(count);
      taken += count;
      if (taken === work.messages) resolve(window.close());
      else if (taken === sent) go();
    });
    const go = () => {
      for (const upTo = Math.min(work.messages, sent + BATCH); sent < upTo; ) {
        const share = Math.min(each - (sent % each), upTo - sent);
        const address = Math.floor(sent / each);
        // Counted before it is sent: what is taken at once is not the last.
        sent += share;
        send(share, `fill${address}`);
      }
    };
    window.open();
    go();
  });
}
