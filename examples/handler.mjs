// A web handler with nothing but a socket: it waits for requests at an address, and sends each answer to where the
// request says. Run as many as you like, stop and start them at will: what comes meanwhile waits in the broker.
//
//     node examples/handler.mjs [unix:/SOCKET/FILE, or tcp:HOST:PORT]
import { connect } from 'node:net';

const BROKER = process.argv[2] ?? 'unix:/tmp/msglite.socket';
const READY = '< 60 msglite.httpRequests\r\n';
const ONE_SECOND = 1000;

let answered = 0;

function run() {
  const [, host, port] = /^tcp:\[?(.*?)\]?:(\d+)$/.exec(BROKER) ?? [];
  const broker = connect(host === undefined ? { path: BROKER.slice('unix:'.length) } : { host, port: Number(port) });
  let input = Buffer.alloc(0);
  broker.write(READY);
  broker.on('data', (bytes) => {
    input = Buffer.concat([input, bytes]);
    for (let rest = step(broker, input); rest !== undefined; rest = step(broker, input)) input = rest;
  });
  broker.on('error', ({ message }) => console.log(`handler ${process.pid}: ${message}`));
  // The broker may be restarting.
  broker.on('close', () => setTimeout(run, ONE_SECOND));
}

/** Takes one answer of the broker's off the input, and returns what is left of it; undefined if it is not whole yet. */
function step(broker, input) {
  const end = input.indexOf('\r\n');
  if (end === -1) return undefined;
  const [sign, length = '0', , , replyTo] = input.toString('latin1', 0, end).split(' ');
  // A "-" says why the broker closes the connection: it stops, say, and comes back.
  if (sign === '-') {
    console.log(`handler ${process.pid}: ${input.toString('latin1', 0, end)}`);
    broker.destroy();
    return undefined;
  }
  const bodyEnd = end + 2 + Number(length);
  const next = Number(length) === 0 ? bodyEnd : bodyEnd + 2;
  if (input.length < next) return undefined;
  if (sign === '>') {
    const answer = Buffer.from(respond(input.subarray(end + 2, bodyEnd)));
    broker.write(Buffer.concat([Buffer.from(`> ${answer.length} 60 ${replyTo}\r\n`), answer, Buffer.from('\r\n')]));
  }
  // A "*" means that a minute went by without a request.
  broker.write(READY);
  return input.subarray(next);
}

/** A request is one line of JSON, then its body; an answer is status and headers as one line of JSON, then its body. */
function respond(message) {
  const line = message.indexOf('\n');
  const request = JSON.parse(message.toString('utf8', 0, line));
  const body = message.subarray(line + 1);
  answered++;
  const page = isBrowser(request) ? html(request, body) : text(request, body);
  const type = isBrowser(request) ? 'text/html' : 'text/plain';
  const headers = ['Content-Type', `${type}; charset=utf-8`, 'Content-Length', String(Buffer.byteLength(page))];
  return `${JSON.stringify(['200', headers])}\n${page}`;
}

/** Headers come as they were sent: name, value, name, value. */
function isBrowser({ headers }) {
  return headers.some((name, i) => i % 2 === 0 && /^accept$/i.test(name) && headers[i + 1].includes('text/html'));
}

function text({ method, url }, body) {
  return `Handler ${process.pid} answers its request number ${answered}: ${method} ${url}, ${body.length} bytes of body.\n`;
}

function html(request, body) {
  return `<!doctype html>
<meta name="viewport" content="width=device-width">
<title>msglite</title>
<style>
  body { font: 1rem/1.5 system-ui; max-width: 44rem; margin: 3rem auto; padding: 0 1rem }
  td { padding: .1rem .8rem .1rem 0; vertical-align: top; overflow-wrap: anywhere }
</style>
<h1>It works</h1>
<p>${escapeHtml(text(request, body))}
<p>Stop this handler (<code>kill ${process.pid}</code>) and reload: your browser waits. Start one again
(<code>npm run handler</code>), and it is answered.
<h2>What the handler got</h2>
<table>${rows(request.headers)}</table>
`;
}

function rows(headers) {
  let all = '';
  for (let i = 0; i < headers.length; i += 2)
    all += `<tr><td>${escapeHtml(headers[i])}<td>${escapeHtml(headers[i + 1])}`;
  return all;
}

function escapeHtml(value) {
  return value.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

run();
