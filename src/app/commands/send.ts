import type { Endpoint } from '../../client/index.js';
import { EXIT } from '../exit.js';
import { bodyFrom, talk } from './talk.js';

export interface SendFlags {
  readonly timeout: number;
  readonly replyTo?: string;
}

/** `msglite send`: done when the broker has taken the message. */
export async function send(at: Endpoint, to: string, body: string | undefined, flags: SendFlags): Promise<number> {
  const bytes = await bodyFrom(body);
  await talk(at, (client, signal) => client.send(to, bytes, { ...flags, signal }));
  return EXIT.done;
}
