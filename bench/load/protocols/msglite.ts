import { LONG, QUEUE } from '../job.js';
import { fail, Line } from '../line.js';
import type { Protocol } from '../protocol.js';
import { lineEnd, numberAt, text } from '../scan.js';

const MESSAGE = '>'.charCodeAt(0);
const TIMEOUT = '*'.charCodeAt(0);

/** The commands of 2010. */
export const msglite: Protocol = {
  receipts: false,

  asker(at, body, _index, answered) {
    const question = `? ${body.length} ${LONG} ${QUEUE}\r\n${body}\r\n`;
    const line = Line.to(at, messages(answered));
    return () => line.write(question);
  },

  answerer(at, body) {
    const ready = `< ${LONG} ${QUEUE}\r\n`;
    const line = Line.to(
      at,
      messages((header) => line.write(`> ${body.length} ${LONG} ${lastWord(header())}\r\n${body}\r\n${ready}`)),
    );
    line.write(ready);
  },

  producer(at, body, taken) {
    const line = Line.to(at, (bytes, from, end) => fail(`unexpected: ${bytes.toString('latin1', from, end)}`));
    return (count, to) =>
      line.writeOut(`> ${body.length} ${LONG} ${to}\r\n${body}\r\n`.repeat(count), () => taken(count));
  },

  consumer(at, ahead, received) {
    const ready = `< ${LONG} ${QUEUE}\r\n`;
    const line = Line.to(
      at,
      messages(() => {
        line.write(ready);
        received(1);
      }),
    );
    line.write(ready.repeat(ahead));
  },
};

function messages(taken: (header: () => string) => void): (bytes: Buffer, from: number, end: number) => number {
  return (bytes, from, end) => {
    const lf = lineEnd(bytes, from, end);
    if (lf < 0) return -1;
    if (bytes[from] !== MESSAGE) return fail(bytes[from] === TIMEOUT ? 'a timeout' : text(bytes, from, lf));
    const length = numberAt(bytes, from + 2);
    const next = lf + 1 + (length > 0 ? length + 2 : 0);
    if (next > end) return -1;
    taken(() => text(bytes, from, lf));
    return next;
  };
}

function lastWord(line: string): string {
  return line.slice(line.lastIndexOf(' ') + 1);
}
