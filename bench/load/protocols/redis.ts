import { QUEUE } from '../job.js';
import { fail, Line, type TakeFrame, unexpected } from '../line.js';
import type { Protocol } from '../protocol.js';
import { lineEnd, numberAt, text } from '../scan.js';

const ARRAY = '*'.charCodeAt(0);
const BULK = '$'.charCodeAt(0);
const INTEGER = ':'.charCodeAt(0);
const MINUS = '-'.charCodeAt(0);

/** Lists: RPUSH to send, BLPOP to receive. A question names the list that its answer is to go to. */
export const redis: Protocol = {
  receipts: true,

  asker(at, body, index, answered) {
    const list = `r${index}`;
    const question = command('RPUSH', QUEUE, `${list} ${body}`) + command('BLPOP', list, '0');
    const line = Line.to(
      at,
      replies(() => undefined, answered),
    );
    return () => line.write(question);
  },

  answerer(at, body) {
    const pop = command('BLPOP', QUEUE, '0');
    const line: Line = Line.to(
      at,
      replies(
        () => undefined,
        (question) => {
          const list = question();
          line.write(command('RPUSH', list.slice(0, list.indexOf(' ')), body) + pop);
        },
      ),
    );
    line.write(pop);
  },

  producer(at, body, taken) {
    const line = Line.to(
      at,
      replies(() => taken(1), unexpected),
    );
    return (count, to) => line.write(command('RPUSH', to, body).repeat(count));
  },

  consumer(at, ahead, received) {
    const pop = command('BLPOP', QUEUE, '0');
    const line: Line = Line.to(
      at,
      replies(
        () => undefined,
        () => {
          line.write(pop);
          received(1);
        },
      ),
    );
    line.write(pop.repeat(ahead));
  },
};

function command(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

/** Calls `pushed` for each length of a list, and `popped` for each list's name with what was in it. */
function replies(pushed: () => void, popped: (value: () => string) => void): TakeFrame {
  return (bytes, from, end) => {
    const lf = lineEnd(bytes, from, end);
    if (lf < 0) return -1;
    if (bytes[from] === INTEGER) {
      pushed();
      return lf + 1;
    }
    if (bytes[from] !== ARRAY || bytes[from + 1] === MINUS) return fail(text(bytes, from, lf));
    const value = bulkEnd(bytes, lf + 1, end);
    const next = value < 0 ? -1 : bulkEnd(bytes, value, end);
    if (next < 0) return -1;
    popped(() => text(bytes, lineEnd(bytes, value, end) + 1, next - 1));
    return next;
  };
}

/** @returns where what follows `$length CRLF bytes CRLF` begins, or -1 if that is not complete */
function bulkEnd(bytes: Buffer, from: number, end: number): number {
  const lf = lineEnd(bytes, from, end);
  if (lf < 0) return -1;
  if (bytes[from] !== BULK) return fail(text(bytes, from, lf));
  const next = lf + 1 + numberAt(bytes, from + 1) + 2;
  return next > end ? -1 : next;
}
