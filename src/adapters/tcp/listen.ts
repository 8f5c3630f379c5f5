import { link, lstat, rename, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';

/** Connections the system holds until we take them; Node takes few in a turn, and on a unix socket one more is turned away. */
const BACKLOG = 4096;

/** Where to listen. */
export type ListenAddress =
  | { readonly path: string /** Permissions of the socket file, as in chmod. */; readonly mode: number }
  | { readonly host: string /** 0 to 65535; 0 lets the system choose. */; readonly port: number };

/** So that two of one process don't move to the same place. */
let moved = 0;

const IN_USE = 'another broker is running there';

/** The address as users write it. */
export function showAddress(at: ListenAddress): string {
  return 'path' in at ? `unix:${at.path}` : `tcp:${at.host.includes(':') ? `[${at.host}]` : at.host}:${at.port}`;
}

/**
 * Makes a server listen. The socket file of a broker that died is replaced; that of a live one never is.
 * @throws if the address is taken or can't be had, saying which and why
 */
export async function listen(server: Server, at: ListenAddress): Promise<void> {
  try {
    if ('path' in at) await listenOnPath(server, at.path, at.mode);
    else await begin(server, () => server.listen({ host: at.host, port: at.port, backlog: BACKLOG }));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'another program is listening there' : message;
    throw new Error(`cannot listen on ${showAddress(at)}: ${why}`, { cause });
  }
}

async function listenOnPath(server: Server, path: string, mode: number): Promise<void> {
  try {
    await beginOnPath(server, path, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    await removeStale(path);
    await beginOnPath(server, path, mode);
  }
}

/** The umask, not a later chmod, so that nobody can connect in between. The file is made within `listen`. */
function beginOnPath(server: Server, path: string, mode: number): Promise<void> {
  const umask = process.umask(0o777 & ~mode);
  try {
    return begin(server, () => server.listen({ path, backlog: BACKLOG }));
  } finally {
    process.umask(umask);
  }
}

function begin(server: Server, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    start();
  });
}

/**
 * Of several brokers that find the same stale file each moves away what is there, looks at what it has moved, and
 * puts it back if that is alive: so that none unlinks a socket on which another has just begun to listen.
 */
async function removeStale(path: string): Promise<void> {
  const aside = `${path}.stale-${process.pid}-${++moved}`;
  try {
    if (!(await lstat(path)).isSocket()) throw new Error('there is a file in its place that is not a socket');
    if (await answers(path)) throw new Error(IN_USE);
    await rename(path, aside);
  } catch (error) {
    // Another broker was quicker to remove it.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const alive = await answers(aside);
  if (alive) await putBack(aside, path);
  await unlink(aside);
  if (alive) throw new Error(IN_USE);
}

/** Unless a third broker listens there by now: `rename` would cover its socket. */
async function putBack(aside: string, path: string): Promise<void> {
  try {
    await link(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    // A full backlog (EAGAIN) or a lack of rights (EACCES) means that somebody is there.
    probe.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });
}
