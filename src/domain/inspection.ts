import type { Asker } from '../ports/exchange.js';
import { isReplyAddress } from './address.js';
import type { Control } from './control.js';
import type { Core } from './core.js';
import type { Entry } from './entry.js';
import type { Refusal } from './errors.js';
import { MOST_PAUSED } from './limits.js';
import type { Queue } from './queue.js';
import type { Stats } from './tally.js';
import { readable, readableBody } from './text.js';

/** Rows of one answer to `queues`. */
const MOST_ROWS = 1000;
/** Messages that are dropped or sent back in one turn of the event loop. */
const AT_ONCE = 256;

const TOO_MANY_PAUSED: Refusal = { code: 'full', text: `at most ${MOST_PAUSED} addresses can be paused at a time` };

/** Answers those who look after the broker, and does what they ask for. */
export class Inspection {
  constructor(private readonly core: Core) {}

  stats(): Stats {
    const { tally, queues, known } = this.core;
    return tally.stats(queues.size, known.size);
  }

  control(control: Control, asker: Asker, tag: string): void {
    switch (control.command) {
      case 'stats':
        return asker.answered(tag, this.stats());
      case 'queues':
        return asker.answered(tag, this.#queues(control.prefix, control.after));
      case 'peek':
        return this.#peek(control.address, control.count, (messages) => asker.answered(tag, { messages }));
      case 'purge':
        return this.#purge(control.address, 0, (purged) => asker.answered(tag, { purged }));
      case 'kick':
        return this.#kick(control.address, control.count, 0, (kicked) => asker.answered(tag, { kicked }));
      case 'pause':
        return this.#pause(control.address, asker, tag);
      case 'resume':
        return this.#resume(control.address, asker, tag);
      case 'recall':
        return this.#recall(control.address, control.id, (recalled) => asker.answered(tag, { recalled }));
    }
  }

  #queues(prefix: string, after: string): object {
    let found: Queue[] = [];
    const byName = (a: Queue, b: Queue) => (a.name < b.name ? -1 : 1);
    this.core.queues.forEach((queue) => {
      const { name } = queue;
      if (name <= after || !name.startsWith(prefix) || isReplyAddress(name)) return;
      found.push(queue);
      // Never much more than is asked for, however many there are.
      if (found.length > 8 * MOST_ROWS) found = found.sort(byName).slice(0, MOST_ROWS + 1);
    });
    found.sort(byName);
    const queues = found.slice(0, MOST_ROWS).map((queue) => ({
      name: readable(queue.name),
      messages: queue.waiting,
      receivers: queue.receivers.count,
      deliveries: queue.leases,
      paused: queue.paused,
    }));
    return { queues, more: found.length > MOST_ROWS };
  }

  #peek(address: string, count: number, then: (messages: object[]) => void): void {
    const queue = this.core.queues.get(address);
    if (queue === undefined) return then([]);
    this.core.backlog.fetch(queue, count, () => then(queue.first(count).map(show)));
  }

  #purge(address: string, before: number, then: (purged: number) => void): void {
    this.#each(address, before, Number.POSITIVE_INFINITY, then, (entry) => {
      this.core.ends.finish(entry, 'dead');
      return true;
    });
  }

  #kick(address: string, most: number, before: number, then: (kicked: number) => void): void {
    this.#each(address, before, most, then, (entry) => {
      if (!entry.isDeadLetter) return false;
      this.core.ends.kick(entry);
      return true;
    });
  }

  /**
   * Takes messages out of a queue from its head on, some in each turn of the event loop, and no more than it had at first.
   * @param does what becomes of one; false: it stays, and that is all
   */
  #each(address: string, done: number, most: number, then: (done: number) => void, does: (e: Entry) => boolean): void {
    const queue = this.core.queues.get(address);
    const left = Math.min(most, done + (queue?.waiting ?? 0));
    if (queue === undefined || done >= left) return then(done);
    this.core.backlog.fetch(queue, 1, () => {
      let count = done;
      for (let entry = queue.head; entry !== undefined && count < Math.min(left, done + AT_ONCE); entry = queue.head) {
        this.core.lines.unqueue(entry, queue);
        if (!does(entry)) {
          this.core.lines.putBack(entry);
          return then(count);
        }
        count++;
      }
      if (count === done) return then(count);
      this.core.parts.turn.resume(() => this.#each(address, count, left, then, does));
    });
  }

  #pause(address: string, asker: Asker, tag: string): void {
    const { core } = this;
    const queue = core.queue(address);
    if (!queue.paused && core.paused >= MOST_PAUSED) {
      core.forgetIfIdle(queue);
      return asker.refused(tag, TOO_MANY_PAUSED);
    }
    if (!queue.paused) core.paused++;
    queue.paused = true;
    core.commits?.pause(address, true);
    this.#answerOnDisk(asker, tag, { paused: true });
  }

  #resume(address: string, asker: Asker, tag: string): void {
    const { core } = this;
    const queue = core.queues.get(address);
    if (queue?.paused) {
      core.paused--;
      queue.paused = false;
      core.commits?.pause(address, false);
      core.lines.pump(queue);
    }
    this.#answerOnDisk(asker, tag, { paused: false });
  }

  #answerOnDisk(asker: Asker, tag: string, answer: object): void {
    const { commits } = this.core;
    if (commits === undefined) asker.answered(tag, answer);
    else commits.flush(() => asker.answered(tag, answer));
  }

  #recall(address: string, id: string, then: (recalled: boolean) => void): void {
    const { core } = this;
    const known = core.known.get(address, id);
    if (known === undefined || known.outcome !== undefined) return then(false);
    const { entry } = known;
    if (entry === undefined) {
      // Where the message comes back into memory while the journal reads, it is looked for there.
      return core.backlog.recall(known, (isDone) => (isDone ? then(true) : this.#recall(address, id, then)));
    }
    if (!core.ends.takeOut(entry)) return then(false);
    core.ends.finish(entry, 'dead');
    then(true);
  }
}

function show({ at, message, more }: Entry): object {
  const { to, replyTo, timeout, body, options } = message;
  return {
    at: readable(at),
    to: readable(to),
    replyTo: replyTo === undefined ? undefined : readable(replyTo),
    timeout: timeout / 1000,
    attempts: more?.attempts ?? 0,
    id: options.id === undefined ? undefined : readable(options.id),
    bytes: body.length,
    ...readableBody(body),
  };
}
