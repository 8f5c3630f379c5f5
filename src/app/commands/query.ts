import type { LinkOptions } from '../options/link.js';
import type { ReadyFlags } from './ready.js';
import { bodyFrom, show, talk } from './talk.js';

/** `msglite query`: sends a message and waits for one reply. */
export async function query(
  link: LinkOptions,
  to: string,
  body: string | undefined,
  flags: ReadyFlags,
): Promise<number> {
  const { timeout, verbose = false } = flags;
  const bytes = await bodyFrom(body);
  return talk(link, async (client, signal) => show(await client.query(to, bytes, { timeout, signal }), verbose));
}
