import { LONG, MANY, QUEUE } from '../job.js';
import { fail, Line, type TakeFrame, unexpected } from '../line.js';
import type { Protocol } from '../protocol.js';
import { lineEnd, nextWord, numberAt, text } from '../scan.js';

const MESSAGE = '>'.charCodeAt(0);
const DONE = '+'.charCodeAt(0);

/** The tagged commands: sends with a receipt, and, where work is done, receives under a lease. */
export const tagged: Protocol = {
  receipts: true,

  /** A question is over when both its receipt and its answer are there. */
  asker(at, body, index, answered) {
    const box = `~bench${process.pid}-${index}`;
    let missing = 0;
    const arrived = () => {
      missing--;
      if (missing === 0) answered();
    };
    const line = Line.to(at, frames(arrived, arrived));
    line.write(`<< answers ${LONG} ${box} count=${MANY}\r\n`);
    const question = `>> q ${body.length} ${LONG} ${QUEUE} ${box}~1\r\n${body}\r\n`;
    return () => {
      missing = 2;
      line.write(question);
    };
  },

  answerer(at, body) {
    const line: Line = Line.to(
      at,
      leased((replyAddress, delivery) =>
        line.write(`>> r ${body.length} ${LONG} ${replyAddress} -\r\n${body}\r\n++ ${delivery}\r\n`),
      ),
    );
    line.write(`<< work ${LONG} ${QUEUE} lease=30 count=${MANY}\r\n`);
  },

  producer(at, body, taken) {
    const line = Line.to(
      at,
      frames(() => taken(1), unexpected),
    );
    let tag = 0;
    return (count, to) => {
      let sends = '';
      for (let i = 0; i < count; i++) sends += `>> s${tag++} ${body.length} ${LONG} ${to} -\r\n${body}\r\n`;
      line.write(sends);
    };
  },

  consumer(at, _ahead, received) {
    const line = Line.to(
      at,
      frames(unexpected, () => received(1)),
    );
    line.write(`<< work ${LONG} ${QUEUE} count=${MANY}\r\n`);
  },

  idler(at, heard) {
    Line.to(at, frames(heard, unexpected)).write('!! hello\r\n');
  },
};

/** Those who answer take whatever comes, with one receive and without a lease: what NATS calls a subscription. */
export const unleased: Protocol = {
  receipts: false,

  answerer(at, body) {
    const line: Line = Line.to(
      at,
      work((replyAddress) => line.write(`>> r ${body.length} ${LONG} ${replyAddress} -\r\n${body}\r\n`)),
    );
    line.write(`<< work ${LONG} ${QUEUE} count=${MANY}\r\n`);
  },
};

/** Calls `done` for each message with where its answer is to go, and the name of its delivery. */
export function leased(done: (replyAddress: string, delivery: string) => void): TakeFrame {
  return work((replyAddress, options) => {
    const delivery = options.find((option) => option.startsWith('delivery='));
    if (delivery === undefined) return fail(`no lease: ${options.join(' ')}`);
    done(replyAddress, delivery.slice('delivery='.length));
  });
}

function work(taken: (replyAddress: string, options: readonly string[]) => void): TakeFrame {
  return frames(
    () => undefined,
    (header) => {
      const [, , , , , replyAddress = '', ...options] = header().split(' ');
      taken(replyAddress, options);
    },
  );
}

/** Calls `receipt` for each `++`, and `message` for each message. Everything else is a failure. */
function frames(receipt: () => void, message: (header: () => string) => void): TakeFrame {
  return (bytes, from, end) => {
    const lf = lineEnd(bytes, from, end);
    if (lf < 0) return -1;
    if (bytes[from] === DONE) {
      receipt();
      return lf + 1;
    }
    if (bytes[from] !== MESSAGE) return fail(text(bytes, from, lf));
    const length = numberAt(bytes, nextWord(bytes, nextWord(bytes, from)));
    const next = lf + 1 + (length > 0 ? length + 2 : 0);
    if (next > end) return -1;
    message(() => text(bytes, from, lf));
    return next;
  };
}
