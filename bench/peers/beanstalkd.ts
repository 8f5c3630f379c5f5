import { freePort } from '../machine/endpoint.js';
import { versionOf } from '../machine/program.js';
import type { Peer } from './peer.js';
import { started } from './started.js';

/** beanstalkd on TCP, since Debian's has no other way. `synced`: with a log that is synced at each message. */
export function beanstalkd({ synced = false }: { synced?: boolean } = {}): Peer {
  return {
    name: 'beanstalkd',
    version: () => versionOf('beanstalkd', '-v'),
    async start(folder) {
      const at = await freePort();
      const kept = synced ? ['-b', folder, '-f', '0'] : [];
      return started('beanstalkd', at, ['beanstalkd', '-l', '127.0.0.1', '-p', `${at.port}`, ...kept]);
    },
  };
}
