import { versionOf } from '../machine/program.js';
import type { Network, Peer } from './peer.js';
import { place, started } from './started.js';

/** Redis, without snapshots. `synced`: with an append-only file that is synced before anything is answered. */
export function redis({ network = 'unix', synced = false }: { network?: Network; synced?: boolean } = {}): Peer {
  return {
    name: 'redis',
    version: () => versionOf('redis-server', '--version')?.replace(/ sha=.*/, ''),
    async start(folder) {
      const at = await place(network, folder);
      const where =
        'path' in at ? ['--port', '0', '--unixsocket', at.path] : ['--port', `${at.port}`, '--bind', '127.0.0.1'];
      const kept = synced
        ? ['--appendonly', 'yes', '--appendfsync', 'always', '--auto-aof-rewrite-percentage', '0']
        : ['--appendonly', 'no'];
      return started('redis', at, ['redis-server', ...where, '--dir', folder, '--save', '', ...kept]);
    },
  };
}
