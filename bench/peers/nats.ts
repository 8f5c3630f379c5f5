import { freePort } from '../machine/endpoint.js';
import { versionOf } from '../machine/program.js';
import type { Peer } from './peer.js';
import { started } from './started.js';

/** Core NATS; it has no unix sockets. */
export const nats: Peer = {
  name: 'nats',
  version: () => versionOf('nats-server', '--version'),
  async start() {
    const at = await freePort();
    return started('nats', at, ['nats-server', '-a', '127.0.0.1', '-p', `${at.port}`]);
  },
};
