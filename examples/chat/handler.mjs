// A chat. Its page asks for what is said next, by long-polling or as a stream of events, and is answered when something is said:
// by whichever handler took that, which need not be the one that was asked. Run as many as you like; restart them at will.
//
//     node examples/chat/handler.mjs [unix:/SOCKET/FILE, or tcp:HOST:PORT] [ADDRESS OF THE REQUESTS]
import { readFileSync } from 'node:fs';
import { connect } from 'msglite';
import { ask, look, say } from './room.mjs';
import { storeOf } from './store.mjs';

const BROKER = process.argv[2] ?? 'unix:/tmp/msglite.socket';
const REQUESTS = process.argv[3] ?? 'msglite.httpRequests';
const PAGE = readFileSync(new URL('page.html', import.meta.url));
/** Seconds for the proxy to take an answer. */
const TIMEOUT = 10;
/** Milliseconds between two looks at who has left. */
const LOOK = 5000;

const ROUTES = {
  'GET /': async () => response('200', 'text/html; charset=utf-8', PAGE),
  'GET /lines': (request) => wait('poll', request),
  'GET /stream': (request) => wait('stream', request),
  'POST /lines': take,
};

/** What this returns is the answer. If there is none yet, the request is done all the same: its reply address is in the room. */
async function handle(message) {
  const text = message.text();
  const { method, url, headers, bodyAddr, cancelAddr } = JSON.parse(text.split('\n', 1)[0]);
  const [path, query] = url.split('?');
  const route = ROUTES[`${method} ${path}`];
  if (route === undefined) return response('404', 'text/plain', 'There is nothing here.\n');
  if (bodyAddr !== undefined) return response('413', 'text/plain', 'That is too much.\n');
  const body = text.slice(text.indexOf('\n') + 1);
  return route({ message, query: new URLSearchParams(query), headers, body, cancelAddr });
}

/** Somebody asks for what is said next. */
async function wait(kind, { message, query, headers, cancelAddr }) {
  const name = nameOf(query.get('name'));
  if (name === undefined) return response('400', 'text/plain', 'Who are you?\n');
  // Its head comes first: as soon as the address is in the room, anybody may send there.
  if (kind === 'stream') await message.reply(head('200', 'text/event-stream'), { timeout: TIMEOUT });
  const mark = headerOf(headers, 'last-event-id') ?? query.get('after') ?? '';
  await change((room) => ask(room, { kind, name, replyTo: message.replyTo, cancelAddr }, mark));
  return undefined;
}

/** Somebody says something. */
async function take({ body }) {
  const line = lineOf(body);
  if (line === undefined) return response('400', 'text/plain', 'That is no line.\n');
  await change((room) => say(room, line));
  return head('204');
}

async function lookAround() {
  await change(async (room) => {
    // Another handler has done it.
    if (Date.now() - room.looked < LOOK / 2) return [];
    const heard = room.waiting.map(({ cancelAddr }) => client.ready(cancelAddr, { timeout: 0 }));
    const words = await Promise.all(heard);
    return look(
      room,
      room.waiting.filter((_one, i) => words[i] !== undefined),
    );
  });
}

/** What `edit` returns is sent: answers to requests that this handler need never have seen. */
async function change(edit) {
  const answers = await store.change(edit);
  await Promise.all(answers.map((answer) => client.send(answer.to, bytesOf(answer), { timeout: TIMEOUT })));
}

function bytesOf({ kind, json, mark }) {
  if (kind === 'poll') return response('200', 'application/json', json);
  return kind === 'stream' ? `id: ${mark}\ndata: ${json}\n\n` : '';
}

function response(status, type, body) {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(`${head(status, type, bytes.length)}\n`), bytes]);
}

/** Without a type there is no body, without a length its end is an empty message. */
function head(status, type, length) {
  const headers = ['Cache-Control', 'no-store'];
  if (type !== undefined) headers.push('Content-Type', type);
  if (length !== undefined) headers.push('Content-Length', String(length));
  return JSON.stringify([status, headers]);
}

function headerOf(headers, name) {
  const at = headers.findIndex((header, i) => i % 2 === 0 && header.toLowerCase() === name);
  return at === -1 ? undefined : headers[at + 1];
}

function nameOf(given) {
  const name = typeof given === 'string' ? given.trim() : '';
  return name.length >= 1 && name.length <= 20 ? name : undefined;
}

function lineOf(body) {
  let given;
  try {
    given = JSON.parse(body);
  } catch {
    return undefined;
  }
  const name = nameOf(given?.name);
  const isText = (value, most) => typeof value === 'string' && value.trim() !== '' && value.length <= most;
  if (name === undefined || !isText(given.text, 1000) || !isText(given.key, 50)) return undefined;
  return { name, text: given.text.trim(), key: given.key };
}

function complain(error) {
  console.log(`handler ${process.pid}: ${error.message}`);
}

const client = await connect({ address: BROKER, wait: true });
client.on('handlerFailed', complain);
client.on('disconnect', ({ reason }) => complain(reason));
const store = storeOf(client);
await store.open();
const timer = setInterval(() => lookAround().catch(complain), LOOK);
// On SIGTERM it finishes what it has.
await client.serve(REQUESTS, handle, { concurrency: 100 });
clearInterval(timer);
