import { existsSync } from 'node:fs';
import { lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { dirname, resolve } from 'node:path';

/** Connections the system holds until we take them; Node takes few in a turn, and on a unix socket one more is turned away. */
const BACKLOG = 4096;

/** How connections are taken. On TCP, a machine that answers no more is found out in the end. */
export const CONNECTIONS = {
  pauseOnConnect: true,
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
} as const;

/** Bytes of a socket's path that the system takes; libuv would cut off the rest without a word. */
const LONGEST_PATH = process.platform === 'linux' ? 107 : 103;

/** A socket file. */
export interface UnixAddress {
  readonly path: string;
  /** Permissions of the file, as in chmod. */
  readonly mode: number;
}

export interface TcpAddress {
  readonly host: string;
  /** 0 to 65535; 0 lets the system choose. */
  readonly port: number;
}

/** Where to listen. */
export type ListenAddress = UnixAddress | TcpAddress;

const IN_USE = 'another broker is running there';

/** The address as users write it. */
export function showAddress(at: ListenAddress): string {
  return 'path' in at ? `unix:${at.path}` : `tcp:${at.host.includes(':') ? `[${at.host}]` : at.host}:${at.port}`;
}

/** Where the server listens, with the port that was chosen where the address left it open. */
export function boundAddress(server: Server | undefined, address: ListenAddress): ListenAddress {
  const bound = server?.address();
  if ('path' in address || typeof bound !== 'object' || bound === null) return address;
  return { host: address.host, port: bound.port };
}

/** Within it, files are made with these permissions. */
export type WithMode = <T>(mode: number, make: () => T) => T;

/**
 * Makes a server listen. The socket file of a broker that died is replaced; that of a live one never is.
 * @param withMode for a thread, which can't set the process's umask itself
 * @throws if the address is taken or can't be had, saying which and why
 */
export async function listen(server: Server, at: ListenAddress, withMode: WithMode = withUmask): Promise<void> {
  try {
    if ('path' in at) await listenOnPath(at.path, () => withMode(at.mode, () => beginOnPath(server, at.path)));
    else await begin(server, () => server.listen({ host: at.host, port: at.port, backlog: BACKLOG }));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'another program is listening there' : message;
    throw new Error(`cannot listen on ${showAddress(at)}: ${why}`, { cause });
  }
}

async function listenOnPath(path: string, start: () => Promise<void>): Promise<void> {
  if (Buffer.byteLength(path) > LONGEST_PATH) throw new Error(`a socket file's path has at most ${LONGEST_PATH} bytes`);
  try {
    await start();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // libuv says EACCES also where there is no folder.
    const folder = dirname(path);
    if (code === 'EACCES' && !existsSync(folder)) throw new Error(`there is no folder ${folder}; make it first`);
    if (code !== 'EADDRINUSE') throw error;
    await alone(path, async () => {
      await removeStale(path);
      await start();
    });
  }
}

function beginOnPath(server: Server, path: string): Promise<void> {
  return begin(server, () => server.listen({ path, backlog: BACKLOG }));
}

/** The umask, not a later chmod, so that nobody can connect in between. The file is made within `listen`. */
function withUmask<T>(mode: number, make: () => T): T {
  const umask = process.umask(0o777 & ~mode);
  try {
    return make();
  } finally {
    process.umask(umask);
  }
}

/** Makes a server listen on a listening socket that this process has inherited, as a file descriptor. */
export function listenOnInherited(server: Server, fd: number): Promise<void> {
  return begin(server, () => server.listen({ fd, backlog: BACKLOG }));
}

function begin(server: Server, start: () => void): Promise<void> {
  return new Promise((done, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      done();
    });
    start();
  });
}

/** @throws if somebody listens there, or what is there is no socket */
async function removeStale(path: string): Promise<void> {
  if (!(await lstat(path)).isSocket()) throw new Error('there is a file in its place that is not a socket');
  if (await answers(path)) throw new Error(IN_USE);
  await unlink(path);
}

/**
 * Of several brokers that find the same stale file only one may go on: a second, still believing it stale, would unlink
 * the socket on which the first has begun to listen. What excludes it is a socket in Linux's abstract namespace, which
 * has no file, and is gone with its process. Other systems have none, and there we do without.
 */
async function alone(path: string, work: () => Promise<void>): Promise<void> {
  if (process.platform !== 'linux') return work();
  const lock = createServer();
  try {
    await begin(lock, () => lock.listen({ path: `\0msglite ${resolve(path)}` }));
    await work();
  } finally {
    lock.close();
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((done) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      done(true);
    });
    // A full backlog (EAGAIN) or a lack of rights (EACCES) means that somebody is there.
    probe.once('error', ({ code }: NodeJS.ErrnoException) => done(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });
}
