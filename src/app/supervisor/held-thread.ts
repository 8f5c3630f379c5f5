import { createServer, type Server } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { boundAddress, type ListenAddress, listen } from '../../adapters/tcp/listen.js';
import type { HeldReport } from './held.js';

/** Node shows a socket's descriptor only here. */
interface WithDescriptor {
  readonly _handle: { readonly fd: number };
}

/** The thread of a held socket: it listens, says so, and never looks at it again. */
async function holdOpen(at: ListenAddress): Promise<HeldReport> {
  const server = createServer();
  await listen(server, at, (_mode, make) => make());
  return { fd: descriptorOf(server), address: boundAddress(server, at) };
}

function descriptorOf(server: Server): number {
  return (server as unknown as WithDescriptor)._handle.fd;
}

function say(report: HeldReport): void {
  parentPort?.postMessage(report);
}

try {
  say(await holdOpen(workerData as ListenAddress));
  // Until it is terminated. Between 'listening' and here, it has not been to its event loop.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
} catch (error) {
  say({ error: (error as Error).message });
}
