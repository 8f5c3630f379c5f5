import { isAddress, isReceivable, MAX_ADDRESS, MAX_ADDRESSES } from '../domain/address.js';
import type { Code } from '../domain/errors.js';
import type { Frame } from './decoder.js';
import type { Refused } from './refused.js';
import type { Words } from './words.js';

const SEND = 0x3e; // >
const RECEIVE = 0x3c; // <
const QUERY = 0x3f; // ?
const GOODBYE = 0x2e; // .

/** `> bodyLen timeout toAddr [replyAddr]`, and `?`, whose reply address the broker makes. */
export interface SendCommand extends Frame {
  readonly kind: 'send' | 'query';
  readonly to: string;
  readonly replyTo: string | undefined;
  /** Seconds. */
  readonly timeout: number;
}

/** `< timeout addr1 [addr2 .. addr8]` */
export interface ReceiveCommand extends Frame {
  readonly kind: 'receive';
  /** Seconds. */
  readonly timeout: number;
  readonly addresses: readonly string[];
}

/** `.` */
export interface Goodbye extends Frame {
  readonly kind: 'goodbye';
}

/** What a client says in the protocol of 2010. */
export type Command = SendCommand | ReceiveCommand | Goodbye;

const SEND_FORMAT = 'message format: > bodyLen timeout toAddr [replyAddr]';
const QUERY_FORMAT = 'query format: ? bodyLen timeout toAddr';
const RECEIVE_FORMAT = 'ready format: < timeout onAddr1 [onAddr2..onAddrN]';
const ADDRESS = `an address is 1 to ${MAX_ADDRESS} bytes without control characters`;

/** The grammar of what clients say. Refusals begin with the texts of 2010. */
export function parseCommand(words: Words): Command | Refused {
  switch (words.sign(0)) {
    case SEND:
      return parseSend('send', words, 5, SEND_FORMAT);
    case RECEIVE:
      return parseReceive(words);
    case QUERY:
      return parseSend('query', words, 4, QUERY_FORMAT);
    case GOODBYE:
      if (words.count === 1) return { kind: 'goodbye', bodyLength: 0, body: '' };
  }
  return refused('bad-command', 'invalid command (expected one of > < ? .)');
}

function parseSend(kind: 'send' | 'query', words: Words, most: number, format: string): SendCommand | Refused {
  const { count } = words;
  if (count < 4 || count > most) return refused('bad-command', `${format} (words after the sign: ${count - 1})`);
  const bodyLength = words.length(1);
  if (bodyLength === -1) return refused('bad-length', 'invalid body length format');
  const timeout = words.seconds(2);
  if (timeout === -1) return refused('bad-timeout', 'invalid timeout format');
  const to = words.text(3);
  const replyTo = count === 5 ? words.text(4) : undefined;
  if (!isAddress(to) || (replyTo !== undefined && !isAddress(replyTo))) {
    return refused('bad-address', `${format} (${ADDRESS})`);
  }
  return { kind, to, replyTo, timeout, bodyLength, body: '' };
}

function parseReceive(words: Words): ReceiveCommand | Refused {
  const { count } = words;
  if (count < 3 || count > 2 + MAX_ADDRESSES) {
    return refused('bad-command', `${RECEIVE_FORMAT} (1 to ${MAX_ADDRESSES} addresses, not ${Math.max(0, count - 2)})`);
  }
  const timeout = words.seconds(1);
  if (timeout === -1) return refused('bad-timeout', 'invalid timeout format');
  const addresses = words.texts(2);
  for (const address of addresses) {
    if (!isAddress(address)) return refused('bad-address', `${RECEIVE_FORMAT} (${ADDRESS})`);
    if (!isReceivable(address)) {
      return refused('bad-address', `${RECEIVE_FORMAT} (only a whole mailbox can be waited on, not a label of it)`);
    }
  }
  return { kind: 'receive', timeout, addresses, bodyLength: 0, body: '' };
}

function refused(code: Code, text: string): Refused {
  return { kind: 'refused', code, text };
}
