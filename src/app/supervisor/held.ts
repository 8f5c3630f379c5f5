import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ListenAddress } from '../../adapters/tcp/listen.js';

/**
 * A listening socket that is held open but not served: connections wait in the system's queue for the processes that have
 * inherited it. So one of them can die and come back, and no web client is refused.
 */
export interface HeldSocket {
  readonly fd: number;
  readonly address: ListenAddress;
  /** Closes it here; a socket file is removed. */
  release(): Promise<void>;
}

/** What the thread says. */
export type HeldReport = { readonly fd: number; readonly address: ListenAddress } | { readonly error: string };

/**
 * A server that listens in this thread would take connections, too. One in a thread that never looks at its sockets
 * again does not.
 * @throws if the address can't be had
 */
export async function hold(at: ListenAddress): Promise<HeldSocket> {
  // A thread has no umask of its own, and may not set the process's.
  const umask = process.umask();
  if ('path' in at) process.umask(0o777 & ~at.mode);
  try {
    const worker = new Worker(new URL('./held-thread.js', import.meta.url), { workerData: at });
    const [report] = (await once(worker, 'message')) as [HeldReport];
    const release = async () => {
      await worker.terminate();
    };
    if (!('error' in report)) return { ...report, release };
    await release();
    throw new Error(report.error);
  } finally {
    process.umask(umask);
  }
}
