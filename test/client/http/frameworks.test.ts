import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { expect } from 'chai';
import express, { type NextFunction, type Request, type Response } from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { setCookie } from 'hono/cookie';
import { streamSSE } from 'hono/streaming';
import Koa from 'koa';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { Application } from '../../../src/client/http/index.js';
import { ask, ServedWorld } from './world.js';

/** An application, and the server that it has by itself. */
interface Framework {
  readonly application: Application;
  readonly server: Server;
}

const EVENTS = ['one', 'two', 'three'];
const PAGE = '<h1>Something went wrong</h1>';

/** What each of the applications is asked. */
const REQUESTS = {
  'a JSON API': ['POST /json', ['Content-Type: application/json'], '{"name":"Ada","tags":["a","b"]}'],
  'JSON that is none': ['POST /json', ['Content-Type: application/json'], '{"name":'],
  'a short upload': ['POST /upload', ['Content-Type: application/octet-stream'], 'x'.repeat(1000)],
  'a long upload': ['POST /upload', ['Content-Type: application/octet-stream'], '\xff\0'.repeat(500_000)],
  'a stream of events': ['GET /events', ['Accept: text/event-stream'], ''],
  cookies: ['GET /cookies', ['Cookie: seen=1; name=a%20b'], ''],
  'an error page': ['GET /fail', [], ''],
  'what is not there': ['GET /nowhere?a=b', [], ''],
  HEAD: ['HEAD /cookies', [], ''],
} as const;

async function byExpress(): Promise<Framework> {
  const app = express();
  app.post('/json', express.json(), (request, response) => {
    response.json({ hello: request.body.name, from: request.hostname });
  });
  app.post('/upload', (request, response) => {
    let bytes = 0;
    request.on('data', (piece: Buffer) => {
      bytes += piece.length;
    });
    request.on('end', () => response.send(`${bytes} bytes`));
  });
  app.get('/events', (_request, response) => {
    response.type('text/event-stream');
    for (const event of EVENTS) response.write(`data: ${event}\n\n`);
    response.end();
  });
  app.get('/cookies', (request, response) => {
    response.cookie('seen', '2', { httpOnly: true }).cookie('name', 'c d').send(`had ${request.headers.cookie}`);
  });
  app.get('/fail', () => {
    throw new Error('broken');
  });
  app.use((_error: Error, _request: Request, response: Response, _next: NextFunction) => {
    response.status(500).type('html').send(PAGE);
  });
  return { application: app, server: createServer(app) };
}

async function byFastify(): Promise<Framework> {
  const app = fastify({ bodyLimit: 2_000_000 });
  app.addContentTypeParser(
    'application/octet-stream',
    { parseAs: 'buffer' },
    async (_request: unknown, body: unknown) => body,
  );
  app.post<{ Body: { name: string } }>('/json', async ({ body, hostname }) => ({ hello: body.name, from: hostname }));
  app.post<{ Body: Buffer }>('/upload', async ({ body }) => `${body.length} bytes`);
  app.get('/events', (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'Content-Type': 'text/event-stream' });
    for (const event of EVENTS) reply.raw.write(`data: ${event}\n\n`);
    reply.raw.end();
  });
  app.get('/cookies', async ({ headers }, reply) => {
    reply.header('Set-Cookie', ['seen=2; HttpOnly', 'name=c%20d']);
    return `had ${headers.cookie}`;
  });
  app.get('/fail', async () => {
    throw new Error('broken');
  });
  app.setErrorHandler((_error, _request, reply) => reply.code(500).type('text/html').send(PAGE));
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { application: app.server, server: app.server };
}

async function byKoa(): Promise<Framework> {
  const app = new Koa();
  app.silent = true;
  app.use(async (context, next) => {
    try {
      await next();
    } catch {
      context.status = 500;
      context.type = 'html';
      context.body = PAGE;
    }
  });
  app.use(async (context) => {
    if (context.path === '/json' || context.path === '/upload') {
      const pieces: Buffer[] = [];
      for await (const piece of context.req) pieces.push(piece as Buffer);
      const body = Buffer.concat(pieces);
      if (context.path === '/upload') context.body = `${body.length} bytes`;
      else context.body = { hello: (JSON.parse(body.toString()) as { name: string }).name, from: context.hostname };
    } else if (context.path === '/events') {
      context.type = 'text/event-stream';
      context.respond = false;
      context.res.writeHead(200);
      for (const event of EVENTS) context.res.write(`data: ${event}\n\n`);
      context.res.end();
    } else if (context.path === '/cookies') {
      context.cookies.set('seen', '2');
      context.cookies.set('name', 'c');
      context.body = `had ${context.cookies.get('seen')}`;
    } else if (context.path === '/fail') {
      throw new Error('broken');
    }
  });
  return { application: app.callback(), server: createServer(app.callback()) };
}

/** With the listener that its own adapter makes of it, which is what it is served by alone. */
async function byHono(): Promise<Framework> {
  const listener = getRequestListener(hono().fetch);
  return { application: listener, server: createServer(listener) };
}

/** With its method `fetch`: header names have no capitals then, which are its adapter's. */
async function byFetch(): Promise<Framework> {
  const { server } = await byHono();
  return { application: hono(), server };
}

function hono(): Hono {
  const app = new Hono();
  app.post('/json', async (context) => {
    const { name } = await context.req.json<{ name: string }>();
    return context.json({ hello: name, from: new URL(context.req.url).hostname });
  });
  app.post('/upload', async (context) => context.text(`${(await context.req.arrayBuffer()).byteLength} bytes`));
  app.get('/events', (context) =>
    streamSSE(context, async (stream) => {
      for (const data of EVENTS) await stream.writeSSE({ data });
    }),
  );
  app.get('/cookies', (context) => {
    setCookie(context, 'seen', '2', { httpOnly: true });
    setCookie(context, 'name', 'c d');
    return context.text(`had ${context.req.header('cookie')}`);
  });
  app.get('/fail', () => {
    throw new Error('broken');
  });
  app.onError((_error, context) => context.html(PAGE, 500));
  return app;
}

const FRAMEWORKS = {
  Express: byExpress,
  Fastify: byFastify,
  Koa: byKoa,
  Hono: byHono,
  'Hono, as a fetch handler,': byFetch,
};

for (const [name, make] of Object.entries(FRAMEWORKS)) {
  describe(`an application made with ${name}, behind the proxy`, () => {
    let world: ServedWorld;
    let alone: number;

    beforeEach(async () => {
      world = await ServedWorld.start();
      const { application, server } = await make();
      // Hono says keep-alive for streams, even to those who asked for an end.
      server.on('request', ({ socket }, response) => response.once('close', () => socket.end()));
      alone = await world.listen(server);
      world.serve(application);
    });

    afterEach(() => world.stop());

    for (const [what, [line, headers, body]] of Object.entries(REQUESTS)) {
      it(`answers as by itself: ${what}`, async () => {
        const expected = await ask(alone, line, headers, body).whole();
        const answer = await ask(world.port, line, headers, body).whole();
        expect(expected).to.match(/^HTTP\/1\.1 [2-5]\d\d /);
        const seen = make === byFetch ? withoutCase : (head: string[]) => head;
        const [ours, own] = [readable(answer), readable(expected)];
        expect(seen(ours.head)).to.deep.equal(seen(own.head));
        expect(ours.body).to.equal(own.body);
      });
    }
  });
}

/**
 * All of an answer but Date, which tells when it was made, and what RFC 9110, 7.6.1 and RFC 9112, 6.1 leave to each connection:
 * Connection and Keep-Alive, which the proxy says for its own; Transfer-Encoding, and where chunks end, because it frames
 * bodies itself.
 */
function readable(answer: string): { head: string[]; body: string } {
  const end = answer.indexOf('\r\n\r\n');
  const lines = answer.slice(0, end).split('\r\n');
  const chunked = lines.some((line) => /^transfer-encoding: chunked$/i.test(line));
  const rest = answer.slice(end + 4);
  const head = lines.filter((line) => !/^(?:date|connection|keep-alive|transfer-encoding):/i.test(line));
  return { head, body: chunked ? joined(rest) : rest };
}

/** Names in lower case, and no blanks before parameters. */
function withoutCase(head: string[]): string[] {
  return head.map((line) => line.replace(/^[\w-]+:/, (start) => start.toLowerCase()).replace(/; (?=charset)/, ';'));
}

function joined(chunks: string): string {
  let body = '';
  for (let at = 0; ; ) {
    const lineEnd = chunks.indexOf('\r\n', at);
    const size = Number.parseInt(chunks.slice(at, lineEnd), 16);
    if (!(size > 0)) return body;
    body += chunks.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 4 + size;
  }
}
