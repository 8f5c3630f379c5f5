// A web application behind the proxy, in a process of its own:
// node application.js SOCKET
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { serve } from '../../src/client/http/index.js';
import { connect } from '../../src/client/index.js';
import { blocks } from './blocks.js';

const [path = ''] = process.argv.slice(2);
/** Responses that wait for events. */
const listening = new Set<ServerResponse>();

const ROUTES: Record<string, (request: IncomingMessage, response: ServerResponse) => void | Promise<void>> = {
  async '/hello'(request, response) {
    request.resume();
    await new Promise((resolve) => setTimeout(resolve, 5));
    response.end('hello\n');
  },

  async '/upload'(request, response) {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const piece of request) {
      hash.update(piece);
      bytes += piece.length;
    }
    response.end(`${hash.digest('hex')} ${bytes}`);
  },

  async '/download'({ url }, response) {
    const bytes = Number(url?.split('?')[1]);
    response.setHeader('Content-Length', bytes);
    await pipeline(Readable.from(blocks(bytes)), response);
  },

  '/events'(_request, response) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: open\n\n');
    listening.add(response);
    response.once('close', () => listening.delete(response));
  },

  '/tell'(request, response) {
    request.resume();
    for (const one of listening) one.write('data: told\n\n');
    response.end(String(listening.size));
  },
};

const client = await connect({ address: `unix:${path}`, wait: true });
const serving = serve(
  (request: IncomingMessage, response: ServerResponse) => {
    const answer = ROUTES[request.url?.split('?')[0] ?? ''];
    if (answer === undefined) response.writeHead(404).end();
    // Its client has gone.
    else Promise.resolve(answer(request, response)).catch(() => response.destroy());
  },
  { broker: client, concurrency: 10_000 },
);
process.stdout.write('ready\n');
await serving;
