import { join } from 'node:path';
import type { ProtocolName } from '../load/job.js';
import { type Endpoint, freePort } from '../machine/endpoint.js';
import { Program } from '../machine/program.js';
import type { Network, Running } from './peer.js';

/** Starts a program that speaks one protocol in one place. */
export async function started(
  protocol: ProtocolName,
  at: Endpoint,
  command: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<Running> {
  const program = await Program.start(command, (one) => one.answering(at), environment);
  const side = { protocol, at };
  return {
    pids: [program.pid],
    ask: side,
    answer: side,
    signal: (signal) => program.signal(signal),
    // Nothing is to be kept, and nobody waits for an answer any more.
    stop: (signal = 'SIGKILL') => program.end(signal),
  };
}

/** A place of its own. */
export async function place(network: Network, folder: string): Promise<Endpoint> {
  return network === 'unix' ? { path: join(folder, 'socket') } : await freePort();
}
