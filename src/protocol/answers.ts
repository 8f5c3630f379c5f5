import type { Frame } from './decoder.js';
import type { Refused } from './refused.js';
import type { Words } from './words.js';

const MESSAGE = 0x3e; // >
const TIMEOUT = 0x2a; // *
const REFUSAL = 0x2d; // -

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
export function parseAnswer(words: Words): Answer | Refused {
  const { count } = words;
  switch (words.sign(0)) {
    case TIMEOUT:
      if (count === 1) return { kind: 'timeout', bodyLength: 0, body: '' };
      break;
    case REFUSAL:
      return { kind: 'refusal', text: words.rest(1), bodyLength: 0, body: '' };
    case MESSAGE: {
      const bodyLength = words.length(1);
      const timeout = words.seconds(2);
      if (bodyLength === -1 || timeout === -1 || count < 4 || count > 5) break;
      const replyTo = count === 5 ? words.text(4) : undefined;
      return { kind: 'message', to: words.text(3), replyTo, timeout, bodyLength, body: '' };
    }
  }
  return { kind: 'refused', code: 'bad-command', text: 'not an answer of the msglite protocol' };
}
