import type { Endpoint } from '../../client/index.js';
import { show, talk } from './talk.js';

export interface ReadyFlags {
  readonly timeout: number;
  readonly verbose?: boolean;
}

/** `msglite ready`: waits for one message. */
export async function ready(at: Endpoint, addresses: readonly string[], flags: ReadyFlags): Promise<number> {
  const { timeout, verbose = false } = flags;
  const message = await talk(at, (client, signal) => client.ready(addresses, { timeout, signal }));
  return show(message, verbose);
}
