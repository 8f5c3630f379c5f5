import { EXIT } from '../exit.js';
import type { LinkOptions } from '../options/link.js';
import { bodyFrom, talk } from './talk.js';

export interface SendFlags {
  readonly timeout: number;
  readonly replyTo?: string;
  readonly id?: string;
  readonly delay?: number;
}

/** `msglite send`: done when the broker has taken the message. */
export async function send(link: LinkOptions, to: string, body: string | undefined, flags: SendFlags): Promise<number> {
  const bytes = await bodyFrom(body);
  await talk(link, (client, signal) => client.send(to, bytes, { ...flags, signal }));
  return EXIT.done;
}
