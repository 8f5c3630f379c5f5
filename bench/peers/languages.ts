import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { QUEUE } from '../load/job.js';
import { listenOption } from '../machine/endpoint.js';
import { Program, versionOf } from '../machine/program.js';
import { ROOT } from '../root.js';
import { version } from '../version.js';
import { COMMAND } from './msglite.js';
import type { WebServer } from './web-server.js';

const APPLICATIONS = join(ROOT, 'bench/applications');
const CLIENTS = join(ROOT, 'clients');
/** Debian's own come first: the servers that we compare with are for those. */
const PYTHON = installed(['/usr/bin/python3', 'python3']);
const RUBY = installed(['/usr/bin/ruby', 'ruby']);
const PERL = installed(['/usr/bin/perl', 'perl']);

/** What says the interpreter's version, where it has what the wrapper needs. */
const VERSIONS = {
  python: ['-c', 'import platform; print("Python", platform.python_version())'],
  ruby: ['-r', 'rack', '-e', 'puts "Ruby #{RUBY_VERSION}, Rack #{Rack.release}"'],
  perl: ['-M5.026', '-MPlack', '-e', 'print "Perl $^V, Plack $Plack::VERSION"'],
};

/** A program with its arguments, told where to listen and how many workers to have. */
type Command = (path: string, workers: string) => readonly string[];

const GUNICORN = 'import gunicorn; print("gunicorn", gunicorn.__version__)';
export const gunicorn = server('gunicorn', [PYTHON, '-c', GUNICORN], (path, workers) => {
  const where = ['--bind', `unix:${path}`, '--chdir', APPLICATIONS];
  return [PYTHON, '-m', 'gunicorn', '--worker-class', 'sync', '--workers', workers, ...where, 'hello'];
});

/** In each of Ruby's processes: as many as Puma has by itself. */
export const RUBY_THREADS = 5;

export const puma = server('puma', ['puma', '--version'], (path, workers) => {
  return [
    'puma',
    '--workers',
    workers,
    '--threads',
    `${RUBY_THREADS}:${RUBY_THREADS}`,
    '--bind',
    `unix://${path}`,
    '--environment',
    'production',
    '--quiet',
    application('ru'),
  ];
});

/** It keeps no connections alive: a worker would wait on one for what comes on others. And no worker is replaced meanwhile. */
export const starman = server('starman', ['starman', '--version'], (path, workers) => {
  const options = ['-E', 'deployment', '--disable-keepalive', '--max-requests', '1000000000'];
  return ['starman', '--workers', workers, '--listen', path, ...options, application('psgi')];
});

export const msgliteWsgi = wrapper('python', PYTHON, ['-m', 'msglite.wsgi', '--chdir', APPLICATIONS], 'hello', {
  PYTHONPATH: join(CLIENTS, 'python/src'),
});

const RUBY_CLIENT = join(CLIENTS, 'ruby');
export const msgliteRackup = wrapper(
  'ruby',
  RUBY,
  ['-I', join(RUBY_CLIENT, 'lib'), join(RUBY_CLIENT, 'exe/msglite-rackup'), '--threads', `${RUBY_THREADS}`],
  application('ru'),
);

export const msglitePlackup = wrapper(
  'perl',
  PERL,
  ['-S', 'plackup', '-I', join(CLIENTS, 'perl/lib'), '-s', 'Msglite', '-E', 'deployment'],
  application('psgi'),
);

function application(language: string): string {
  return join(APPLICATIONS, `hello.${language}`);
}

/** One that listens itself. */
function server(name: string, [program = '', ...args]: readonly string[], command: Command): WebServer {
  return {
    name,
    version: () => saying(program, args),
    async start(folder, workers) {
      const at = { path: join(folder, 'socket') };
      return {
        at,
        others: [],
        workers: await Program.start(command(at.path, `${workers}`), (one) => one.answering(at)),
      };
    },
  };
}

/** Ours, behind broker and proxy in one process. */
function wrapper(
  language: keyof typeof VERSIONS,
  interpreter: string,
  args: readonly string[],
  app: string,
  environment?: NodeJS.ProcessEnv,
): WebServer {
  return {
    name: 'msglite',
    version: () => {
      const found = saying(interpreter, VERSIONS[language]);
      return found && `${version()}, ${found}`;
    },
    async start(folder, workers) {
      const [broker, at] = [{ path: join(folder, 'broker') }, { path: join(folder, 'web') }];
      const http = ['--http-network', 'unix', '--http-address', at.path, '--http-msg-address', QUEUE];
      const own = await Program.start([process.execPath, COMMAND, '--listen', listenOption(broker), ...http], (one) =>
        one.answering(at),
      );
      const told = ['--broker', listenOption(broker), '--http-msg-address', QUEUE, '--workers', `${workers}`];
      return { at, others: [own], workers: new Program([interpreter, ...args, ...told, app], environment) };
    },
  };
}

/** @returns what it says, on one line, or undefined where that fails */
function saying(program: string, args: readonly string[]): string | undefined {
  const { status, stdout, stderr } = spawnSync(program, [...args], { encoding: 'utf8' });
  return status === 0 ? `${stdout}${stderr}`.trim().replace(/\s+/g, ' ') : undefined;
}

function installed(programs: readonly string[]): string {
  return programs.find((program) => versionOf(program, '-v') !== undefined) ?? programs[0] ?? '';
}
