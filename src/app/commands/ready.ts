import type { LinkOptions } from '../options/link.js';
import { show, talk } from './talk.js';

export interface ReadyFlags {
  readonly timeout: number;
  readonly verbose?: boolean;
}

/** `msglite ready`: waits for one message. */
export async function ready(link: LinkOptions, addresses: readonly string[], flags: ReadyFlags): Promise<number> {
  const { timeout, verbose = false } = flags;
  return talk(link, async (client, signal) => show(await client.ready(addresses, { timeout, signal }), verbose));
}
