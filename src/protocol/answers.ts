import type { Frame } from './decoder.js';
import type { Refused } from './refused.js';
import { parseLength, parseSeconds } from './words.js';

/** `> bodyLen timeout toAddr [replyAddr]` */
export interface MessageAnswer extends Frame {
  readonly kind: 'message';
  readonly to: string;
  readonly replyTo: string | undefined;
  /** Seconds, as it was sent. */
  readonly timeout: number;
}

/** `*` */
export interface TimeoutAnswer extends Frame {
  readonly kind: 'timeout';
}

/** `- text`; the broker closes the connection after it. */
export interface RefusedAnswer extends Frame {
  readonly kind: 'refusal';
  readonly text: string;
}

/** What the broker answers in the protocol of 2010. */
export type Answer = MessageAnswer | TimeoutAnswer | RefusedAnswer;

/** The grammar of what the broker answers. A `Refused` means that this is no msglite broker. */
export function parseAnswer(words: string[]): Answer | Refused {
  const [sign, length = '', seconds = '', to, replyTo] = words;
  if (sign === '*' && words.length === 1) return { kind: 'timeout', bodyLength: 0, body: '' };
  if (sign === '-') return { kind: 'refusal', text: words.slice(1).join(' '), bodyLength: 0, body: '' };
  const bodyLength = parseLength(length);
  const timeout = parseSeconds(seconds);
  if (sign !== '>' || bodyLength === -1 || timeout === -1 || to === undefined || words.length > 5) {
    return { kind: 'refused', code: 'bad-command', text: 'not an answer of the msglite protocol' };
  }
  return { kind: 'message', to, replyTo, timeout, bodyLength, body: '' };
}
