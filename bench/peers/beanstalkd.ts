import { freePort } from '../machine/endpoint.js';
import { versionOf } from '../machine/program.js';
import type { Peer } from './peer.js';
import { started } from './started.js';

/** beanstalkd on TCP, since Debian's has no other way. `synced`: with a log that is synced at each message, `kept`: now and then. */
export function beanstalkd({ synced = false, kept = synced }: { synced?: boolean; kept?: boolean } = {}): Peer {
  return {
    name: 'beanstalkd',
    version: () => versionOf('beanstalkd', '-v'),
    async start(folder) {
      const at = await freePort();
      const log = kept ? ['-b', folder, ...(synced ? ['-f', '0'] : [])] : [];
      return started('beanstalkd', at, ['beanstalkd', '-l', '127.0.0.1', '-p', `${at.port}`, ...log]);
    },
  };
}
