// A web handler: it takes requests from an address, and what it returns is sent to where each request wants its answer.
// Run as many as you like, stop and start them at will: what comes meanwhile waits in the broker, and a request whose handler
// dies goes to another one.
//
//     node examples/handler.mjs [unix:/SOCKET/FILE, or tcp:HOST:PORT]
import { connect } from 'msglite';
import { serve } from 'msglite/http';

const BROKER = process.argv[2] ?? 'unix:/tmp/msglite.socket';

let answered = 0;

/** A request listener of node:http, as it would be without msglite. What it throws nobody catches, as there. */
function answer(request, response) {
  respond(request, response).catch((error) => {
    // As a rule its client has gone, or has sent more than it may.
    console.log(`handler ${process.pid}: ${request.method} ${request.url}: ${error.message}`);
    response.destroy();
  });
}

async function respond(request, response) {
  let bytes = 0;
  for await (const piece of request) bytes += piece.length;
  answered++;
  const isBrowser = request.headers.accept?.includes('text/html');
  const page = isBrowser ? html(request, bytes) : text(request, bytes);
  response.writeHead(200, {
    'Content-Type': `text/${isBrowser ? 'html' : 'plain'}; charset=utf-8`,
    'Content-Length': Buffer.byteLength(page),
  });
  response.end(page);
}

function text({ method, url }, bytes) {
  return `Handler ${process.pid} answers its request number ${answered}: ${method} ${url}, ${bytes} bytes of body.\n`;
}

function html(request, bytes) {
  return `<!doctype html>
<meta name="viewport" content="width=device-width">
<title>msglite</title>
<style>
  body { font: 1rem/1.5 system-ui; max-width: 44rem; margin: 3rem auto; padding: 0 1rem }
  td { padding: .1rem .8rem .1rem 0; vertical-align: top; overflow-wrap: anywhere }
</style>
<h1>It works</h1>
<p>${escapeHtml(text(request, bytes))}
<p>Stop this handler (<code>kill ${process.pid}</code>) and reload: your browser waits. Start one again
(<code>npm run handler</code>), and it is answered.
<h2>What the handler got</h2>
<table>${rows(request.rawHeaders)}</table>
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
await serve(answer, { broker: client, concurrency: 10 });
