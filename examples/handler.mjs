// A web handler: it takes requests from an address, and what it returns is sent to where each request wants its answer.
// Run as many as you like, stop and start them at will: what comes meanwhile waits in the broker, and a request whose handler
// dies goes to another one.
//
//     node examples/handler.mjs [unix:/SOCKET/FILE, or tcp:HOST:PORT]
import { connect } from 'msglite';

const BROKER = process.argv[2] ?? 'unix:/tmp/msglite.socket';

let answered = 0;

/** A request is one line of JSON, then its body; an answer is status and headers as one line of JSON, then its body. */
function respond(message) {
  const line = message.body.indexOf('\n');
  const request = JSON.parse(message.body.toString('utf8', 0, line));
  const body = message.body.subarray(line + 1);
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

// Where the broker goes away it waits for the next one. On SIGTERM it finishes what it has.
const client = await connect({ address: BROKER, wait: true });
client.on('disconnect', ({ reason }) => console.log(`handler ${process.pid}: ${reason.message}`));
await client.serve('msglite.httpRequests', respond, { concurrency: 10 });
