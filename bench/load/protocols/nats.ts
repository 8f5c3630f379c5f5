import { QUEUE } from '../job.js';
import { fail, Line, type TakeFrame } from '../line.js';
import type { Protocol } from '../protocol.js';
import { lineEnd, text } from '../scan.js';

const HELLO = 'CONNECT {"verbose":false,"pedantic":false}\r\n';
const M = 'M'.charCodeAt(0);
const MINUS = '-'.charCodeAt(0);

/** Core NATS: an inbox for each who asks, a queue group of those who answer. */
export const nats: Protocol = {
  receipts: false,

  asker(at, body, index, answered) {
    const inbox = `_INBOX.${process.pid}.${index}`;
    const line: Line = Line.to(
      at,
      messages(answered, (pong) => line.write(pong)),
    );
    line.write(`${HELLO}SUB ${inbox} 1\r\n`);
    const question = `PUB ${QUEUE} ${inbox} ${body.length}\r\n${body}\r\n`;
    return () => line.write(question);
  },

  answerer(at, body) {
    const line: Line = Line.to(
      at,
      messages(
        (header) => line.write(`PUB ${header.split(' ')[3]} ${body.length}\r\n${body}\r\n`),
        (pong) => line.write(pong),
      ),
    );
    line.write(`${HELLO}SUB ${QUEUE} workers 1\r\n`);
  },
};

function messages(taken: (header: string) => void, pong: (answer: string) => void): TakeFrame {
  return (bytes, from, end) => {
    const lf = lineEnd(bytes, from, end);
    if (lf < 0) return -1;
    const header = text(bytes, from, lf);
    if (bytes[from] !== M) {
      if (bytes[from] === MINUS) return fail(header);
      if (header === 'PING') pong('PONG\r\n');
      return lf + 1;
    }
    const next = lf + 1 + Number(header.slice(header.lastIndexOf(' ') + 1)) + 2;
    if (next > end) return -1;
    taken(header);
    return next;
  };
}
