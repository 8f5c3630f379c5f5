import { QUEUE } from '../job.js';
import { fail, Line, type TakeFrame, unexpected } from '../line.js';
import type { Protocol } from '../protocol.js';
import { lineEnd, text } from '../scan.js';

/** Seconds that a reserved job may take. */
const RUN = 60;

/** Tubes. A question names the tube that its answer is to be put into. */
export const beanstalkd: Protocol = {
  receipts: true,

  asker(at, body, index, answered) {
    const tube = `r${index}`;
    const line: Line = Line.to(
      at,
      answers(
        () => undefined,
        (id) => {
          line.write(`delete ${id}\r\n`);
          answered();
        },
      ),
    );
    line.write(`use ${QUEUE}\r\nwatch ${tube}\r\nignore default\r\n`);
    const question = `${put(`${tube} ${body}`)}reserve\r\n`;
    return () => line.write(question);
  },

  answerer(at, body) {
    const line: Line = Line.to(
      at,
      answers(
        () => undefined,
        (id, question) => {
          const tube = question.slice(0, question.indexOf(' '));
          line.write(`use ${tube}\r\n${put(body)}delete ${id}\r\nreserve\r\n`);
        },
      ),
    );
    line.write(`watch ${QUEUE}\r\nignore default\r\nreserve\r\n`);
  },

  producer(at, body, taken) {
    const line = Line.to(
      at,
      answers(() => taken(1), unexpected),
    );
    let used = 'default';
    return (count, to) => {
      line.write(`${to === used ? '' : `use ${to}\r\n`}${put(body).repeat(count)}`);
      used = to;
    };
  },

  consumer(at, ahead, received) {
    const line: Line = Line.to(
      at,
      answers(
        () => undefined,
        (id) => {
          line.write(`delete ${id}\r\nreserve\r\n`);
          received(1);
        },
      ),
    );
    line.write(`watch ${QUEUE}\r\nignore default\r\n${'reserve\r\n'.repeat(ahead)}`);
  },
};

function put(body: string): string {
  return `put 0 0 ${RUN} ${body.length}\r\n${body}\r\n`;
}

/** Calls `inserted` for each job put, and `reserved` with the name and body of each that comes. */
function answers(inserted: () => void, reserved: (id: string, body: string) => void): TakeFrame {
  return (bytes, from, end) => {
    const lf = lineEnd(bytes, from, end);
    if (lf < 0) return -1;
    const [word = '', id = '', length = ''] = text(bytes, from, lf).split(' ');
    if (word === 'RESERVED') {
      const next = lf + 1 + Number(length) + 2;
      if (next > end) return -1;
      reserved(id, text(bytes, lf + 1, next - 1));
      return next;
    }
    if (word === 'INSERTED') inserted();
    else if (word !== 'USING' && word !== 'WATCHING' && word !== 'DELETED') fail(`beanstalkd says ${word} ${id}`);
    return lf + 1;
  };
}
