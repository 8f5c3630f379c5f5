// Web clients that wait for events, in a process of their own: says when all have begun to, and when all have been told.
// node event-clients.js PORT COUNT
import { connect } from 'node:net';

const [port, count] = process.argv.slice(2).map(Number) as [number, number];
/** Connections that are being made. */
const AT_ONCE = 100;
const REQUEST = 'GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n';

let made = 0;
let open = 0;
let told = 0;

function add(): void {
  if (made === count) return;
  made++;
  let last = '';
  const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(REQUEST));
  socket.setEncoding('latin1').on('data', (text: string) => {
    const seen = last + text;
    if (seen.includes('data: open')) {
      if (++open === count) process.stdout.write('open\n');
      add();
    }
    if (seen.includes('data: told') && ++told % count === 0) process.stdout.write('told\n');
    // What is cut in two; never a whole word, which would count twice.
    last = seen.slice(-9);
  });
  // An 'error' is not for us to handle: it ends this process, and its test.
  socket.on('close', () => {
    throw new Error(`a connection was closed after ${last}`);
  });
}

for (let i = 0; i < Math.min(AT_ONCE, count); i++) add();
