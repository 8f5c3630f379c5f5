import type { ProtocolName } from './job.js';
import type { Protocol } from './protocol.js';
import { beanstalkd } from './protocols/beanstalkd.js';
import { handler, http, plain } from './protocols/http.js';
import { msglite } from './protocols/msglite.js';
import { nats } from './protocols/nats.js';
import { redis } from './protocols/redis.js';
import { tagged, unleased } from './protocols/tagged.js';

const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = {
  msglite,
  tagged,
  unleased,
  redis,
  nats,
  beanstalkd,
  http,
  handler,
  plain,
};

/** One ability of a protocol. @throws if it has not got it */
export function ability<K extends keyof Protocol>(name: ProtocolName, what: K): NonNullable<Protocol[K]> {
  const able = PROTOCOLS[name][what];
  if (able === undefined) throw new Error(`${name} has no ${what}`);
  return able;
}
