// A web handler in a process of its own: says back what it was asked, a while later.
// node web-handler.js SOCKET MILLISECONDS
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../../src/client/index.js';

const [path = '', milliseconds = '0'] = process.argv.slice(2);
const client = await connect({ address: `unix:${path}`, wait: true });
const serving = client.serve(
  'msglite.httpRequests',
  async (message) => {
    await pause(Number(milliseconds));
    const text = message.text();
    const end = text.indexOf('\n');
    const { method, url } = JSON.parse(text.slice(0, end)) as { method: string; url: string };
    const body = `${method} ${url} ${text.slice(end + 1)}`;
    return `["200",["Content-Type","text/plain","Content-Length","${body.length}"]]\n${body}`;
  },
  { concurrency: 100, lease: 10 },
);
process.stdout.write('ready\n');
await serving;
