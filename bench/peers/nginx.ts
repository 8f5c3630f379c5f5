import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Endpoint, freePort } from '../machine/endpoint.js';
import { Program, versionOf } from '../machine/program.js';
import { familyOf } from '../machine/usage.js';
import type { Peer } from './peer.js';

/** nginx in front of a plain server, which whoever measures runs; both sides on TCP and kept alive. */
export const nginx: Peer = {
  name: 'nginx',
  version: () => versionOf('nginx', '-v'),
  async start(folder) {
    const server = await freePort();
    const { program, at } = await inFrontOf(server, folder);
    return {
      pids: familyOf(program.pid),
      ask: { protocol: 'http', at },
      answer: { protocol: 'plain', at: server },
      signal: (signal) => program.signal(signal),
      stop: (signal) => program.end(signal),
    };
  },
};

/** Starts one that passes everything on. @param folder for its files */
export async function inFrontOf(server: Endpoint, folder: string): Promise<{ program: Program; at: { port: number } }> {
  const at = await freePort();
  const file = join(folder, 'nginx.conf');
  mkdirSync(join(folder, 'temp'));
  writeFileSync(file, configuration(folder, at, server));
  const program = await Program.start(['nginx', '-e', 'stderr', '-p', folder, '-c', file], async (one) => {
    await one.answering(at);
    // It listens before it has a worker, whose cost it is that is measured: one that answers is there.
    await fetch(`http://127.0.0.1:${at.port}/ready`, { headers: { Connection: 'close' } });
  });
  return { program, at };
}

function configuration(folder: string, at: { port: number }, server: Endpoint): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${folder}/pid;
error_log stderr;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  ${temporary.map((name) => `${name}_temp_path ${folder}/temp/${name};`).join('\n  ')}
  upstream plain {
    server ${'path' in server ? `unix:${server.path}` : `127.0.0.1:${server.port}`};
    keepalive 64;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${at.port};
    location = /ready { return 204; }
    location / {
      proxy_pass http://plain;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}
`;
}
