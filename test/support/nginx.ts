import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import type { TestFolder } from './process.js';
import { ROOT } from './root.js';

/** Debian's package nginx; .ci/run installs it. */
export const HAS_NGINX = spawnSync('nginx', ['-v']).status === 0;

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** nginx with the configuration in docs/, but for its two addresses, where it writes, and what a test adds. */
export class Nginx {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
  ) {}

  /**
   * Resolves when it takes requests.
   * @param folder for its files
   * @param proxyPort of the proxy that it is put in front of
   * @param more to stand at the beginning of its `http` block
   */
  static async start(folder: TestFolder, proxyPort: number, more = ''): Promise<Nginx> {
    const port = await freePort();
    writeFileSync(folder.file('nginx.conf'), configuration(folder, port, proxyPort, more));
    const globals = `daemon off; pid ${folder.file('nginx.pid')}; error_log stderr notice;`;
    const args = ['-p', folder.path, '-c', folder.file('nginx.conf'), '-e', 'stderr', '-g', globals];
    const child = spawn('nginx', args, { stdio: ['ignore', 'inherit', 'pipe'] });
    let log = '';
    for await (const chunk of child.stderr) {
      log += chunk;
      if (log.includes('start worker process ')) return new Nginx(port, child);
    }
    throw new Error(`nginx has not started:\n${log}`);
  }

  /** @param signal SIGQUIT: it finishes what it has */
  async end(signal: 'SIGTERM' | 'SIGQUIT' = 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null) return;
    const closed = once(this.child, 'close');
    this.child.kill(signal);
    await closed;
  }
}

/** @throws if docs/nginx.conf has other addresses than we know */
function configuration(folder: TestFolder, port: number, proxyPort: number, more: string): string {
  const temporaries = TEMPORARY.map((kind) => `    ${kind}_temp_path ${folder.file(kind)};\n`).join('');
  const changes = [
    ['listen 80;', `listen 127.0.0.1:${port};`],
    ['server 127.0.0.1:8080;', `server 127.0.0.1:${proxyPort};`],
    ['http {', `http {\n${more}${temporaries}`],
  ] as const;
  let text = readFileSync(join(ROOT, 'docs/nginx.conf'), 'utf8');
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`docs/nginx.conf has no "${from}"`);
    text = text.replace(from, to);
  }
  return text;
}
