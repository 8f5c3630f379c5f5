import { join } from 'node:path';
import type { ProtocolName } from '../load/job.js';
import { listenOption } from '../machine/endpoint.js';
import { ROOT } from '../root.js';
import { version } from '../version.js';
import type { Network, Peer } from './peer.js';
import { place, started } from './started.js';

export const COMMAND = `${ROOT}bin/msglite.js`;

/** How the broker is run. Spoken to in the commands of 2010, unless it is `tagged`. */
export interface MsgliteOptions {
  readonly name?: string;
  readonly network?: Network;
  readonly tagged?: boolean;
  /** Those who answer speak another protocol than those who ask. */
  readonly answered?: ProtocolName;
  /** Keep a journal, and sync it. */
  readonly journal?: boolean;
  /** Of Node.js. */
  readonly flags?: readonly string[];
  readonly environment?: (folder: string) => NodeJS.ProcessEnv;
}

export function msglite(options: MsgliteOptions = {}): Peer {
  const { name = 'msglite', network = 'unix', tagged = false, journal = false, flags = [] } = options;
  return {
    name,
    version,
    async start(folder) {
      const at = await place(network, folder);
      const kept = journal ? ['--journal', join(folder, 'journal.db')] : [];
      const command = [process.execPath, ...flags, COMMAND, '--listen', listenOption(at), ...kept];
      const running = await started(tagged ? 'tagged' : 'msglite', at, command, options.environment?.(folder));
      return options.answered === undefined ? running : { ...running, answer: { protocol: options.answered, at } };
    },
  };
}
