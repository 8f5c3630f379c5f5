import { createServer } from 'node:net';
import { LONG, MANY, QUEUE } from '../job.js';
import { fail, Line, type TakeFrame } from '../line.js';
import type { Protocol } from '../protocol.js';
import { leased } from './tagged.js';

/** What a browser sends. */
const REQUEST = `${[
  'GET /articles/2024/how-to-measure?page=2 HTTP/1.1',
  'Host: www.example.com',
  'Connection: keep-alive',
  'Cache-Control: max-age=0',
  'Upgrade-Insecure-Requests: 1',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Referer: http://www.example.com/articles/',
  'Accept-Encoding: gzip, deflate, br',
  'Accept-Language: en-GB,en;q=0.9,de;q=0.8',
  'Cookie: session=6f1c2a9be0d34f5f8b7a; theme=dark',
].join('\r\n')}\r\n\r\n`;
const HEAD_END = '\r\n\r\n';

/** Web clients on connections that are kept alive. */
export const http: Protocol = {
  receipts: false,

  asker(at, _body, _index, answered) {
    const line = Line.to(at, responses(answered));
    return () => line.write(REQUEST);
  },
};

/** A handler of a msglite proxy: many requests at a time, under leases, each answered with one message. */
export const handler: Protocol = {
  receipts: true,

  answerer(at, body) {
    const head = ['200', ['Content-Type', 'text/plain', 'Content-Length', String(body.length)]];
    const reply = `${JSON.stringify(head)}\n${body}`;
    const line: Line = Line.to(
      at,
      leased((replyAddress, delivery) =>
        line.write(`>> r ${reply.length} 30 ${replyAddress} -\r\n${reply}\r\n++ ${delivery}\r\n`),
      ),
    );
    line.write(`<< requests ${LONG} ${QUEUE} lease=30 count=${MANY}\r\n`);
  },
};

/** A plain server, for a proxy to stand in front of: the same answer to whatever is asked. The first opens it for all. */
export const plain: Protocol = {
  receipts: false,

  answerer(at, body, index) {
    if (index > 0) return;
    const head = ['HTTP/1.1 200 OK', 'Content-Type: text/plain', `Content-Length: ${body.length}`];
    const response = `${head.join('\r\n')}${HEAD_END}${body}`;
    const server = createServer({ noDelay: true }, (socket) => {
      let rest = '';
      socket.on('error', fail);
      socket.on('data', (bytes) => {
        const heads = `${rest}${bytes.toString('latin1')}`.split(HEAD_END);
        rest = heads.pop() as string;
        if (heads.length > 0) socket.write(response.repeat(heads.length), 'latin1');
      });
    });
    server.listen('path' in at ? at : { host: '127.0.0.1', port: at.port });
  },
};

function responses(answered: () => void): TakeFrame {
  return (bytes, from, end) => {
    const body = bytes.indexOf(HEAD_END, from, 'latin1') + HEAD_END.length;
    if (body < HEAD_END.length || body > end) return -1;
    const head = bytes.toString('latin1', from, body);
    const length = /\r\ncontent-length: (\d+)\r\n/i.exec(head);
    if (!head.startsWith('HTTP/1.1 200 ') || length === null) return fail(`a response that is none:\n${head}`);
    const next = body + Number(length[1]);
    if (next > end) return -1;
    answered();
    return next;
  };
}
