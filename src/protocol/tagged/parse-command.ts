import { isReceivable, MAX_ADDRESS, MAX_ADDRESSES } from '../../domain/address.js';
import { STANDARD } from '../../domain/message.js';
import { type Refused, refused } from '../refused.js';
import { NOTED, type Words } from '../words.js';
import type { HelloCommand, TaggedCommand, TaggedReceive, TaggedSend } from './commands.js';
import { parseControl } from './control.js';
import { parseDone, parseGiveBack, parseKeep } from './deliveries.js';
import { isSendable, isTag, isTaggedAddress, MAX_TAG } from './names.js';
import { hasStray, parseHelloOptions, parseReceiveOptions, parseSendOptions } from './options.js';
import { BACK, CONTROL, DONE, DOT, HELLO, KEEP, RECEIVE, SEND } from './signs.js';
import { readable, SECONDS, wrongWords } from './wrong.js';

const HELLO_FORMAT = '!! tag [token] [idle=secs]';
const SEND_FORMAT = '>> tag bodyLen timeout toAddr replyAddr|- [k=v ..]';
const RECEIVE_FORMAT = `<< tag timeout addr1 [.. addr${MAX_ADDRESSES}] [k=v ..]`;
const ADDRESS = `an address is 1 to ${MAX_ADDRESS} bytes without control characters or =, and is not -`;

const DEAD_HERE = 'dead=: another address than that of the message was expected';

/** The grammar of what clients say in the tagged protocol. */
export function parseTagged(words: Words): TaggedCommand | Refused {
  switch (words.double(0)) {
    case SEND:
      return parseSend(words);
    case RECEIVE:
      return parseReceive(words);
    case DONE:
      return parseDone(words);
    case BACK:
      return parseGiveBack(words);
    case KEEP:
      return parseKeep(words);
    case DOT:
      if (words.count !== 2) return wrongWords('.. tag', words);
      return isTag(words.text(1))
        ? { kind: 'take-back', tag: words.text(1), bodyLength: 0, body: '' }
        : badTag(words, 0);
    case HELLO:
      return parseHello(words);
    case CONTROL:
      return parseControlCommand(words);
  }
  if (words.sign(0) === DOT && words.count === 1) return { kind: 'goodbye', bodyLength: 0, body: '' };
  return refused('bad-command', 'unknown command (expected one of !! >> << .. ++ -- ~~ == .)');
}

function parseSend(words: Words): TaggedSend | Refused {
  const { count } = words;
  if (count < 6 || (count > 6 && hasStray(words, 6))) return wrongWords(SEND_FORMAT, words);
  const bodyLength = words.length(2);
  if (bodyLength === -1) return refused('bad-length', 'a body length in digits was expected', readable(words));
  const tag = words.text(1);
  if (!isTag(tag)) return badTag(words, bodyLength);
  const timeout = words.milliseconds(3);
  if (timeout === -1) return refused('bad-timeout', `timeout: ${SECONDS}`, tag, bodyLength);
  const to = words.text(4);
  const reply = words.text(5);
  const replyTo = reply === '-' ? undefined : reply;
  if (!isSendable(to) || (replyTo !== undefined && !isTaggedAddress(replyTo))) {
    const why = isTaggedAddress(to) && !isSendable(to) ? 'clients cannot send to dead: addresses' : ADDRESS;
    return refused('bad-address', why, tag, bodyLength);
  }
  const options = count === 6 ? STANDARD : parseSendOptions(words, 6, timeout);
  if (typeof options === 'string') return refused('bad-option', options, tag, bodyLength);
  if (options.dead === to) return refused('bad-option', DEAD_HERE, tag, bodyLength);
  return { kind: 'send', tag, to, replyTo, timeout, options, bodyLength, body: '' };
}

function parseReceive(words: Words): TaggedReceive | Refused {
  let end = 3;
  while (end < words.count && end < NOTED && !words.assigns(end)) end++;
  if (end === 3 || end > 3 + MAX_ADDRESSES || hasStray(words, end)) return wrongWords(RECEIVE_FORMAT, words);
  const tag = words.text(1);
  if (!isTag(tag)) return badTag(words, 0);
  const timeout = words.milliseconds(2);
  if (timeout === -1) return refused('bad-timeout', `timeout: ${SECONDS}`, tag, 0);
  const addresses = words.texts(3, end);
  for (const address of addresses) {
    if (!isTaggedAddress(address)) return refused('bad-address', ADDRESS, tag, 0);
    if (!isReceivable(address)) {
      return refused('bad-address', 'only a whole mailbox can be waited on, not a label of it', tag, 0);
    }
  }
  const options = parseReceiveOptions(words, end);
  if (typeof options === 'string') return refused('bad-option', options, tag, 0);
  const { count, lease } = options;
  return { kind: 'receive', tag, timeout, addresses, count, lease, bodyLength: 0, body: '' };
}

function parseHello(words: Words): HelloCommand | Refused {
  const token = words.count > 2 && !words.assigns(2) ? words.tail(2, 0) : undefined;
  const first = token === undefined ? 2 : 3;
  if (words.count < 2 || hasStray(words, first)) return wrongWords(HELLO_FORMAT, words);
  const tag = words.text(1);
  if (!isTag(tag)) return badTag(words, 0);
  const idle = parseHelloOptions(words, first);
  if (typeof idle === 'string') return refused('bad-option', idle, tag, 0);
  return { kind: 'hello', tag, token, idle, bodyLength: 0, body: '' };
}

function parseControlCommand(words: Words): TaggedCommand | Refused {
  if (words.count < 2) return wrongWords('== tag command [args ..]', words);
  const tag = words.text(1);
  if (!isTag(tag)) return badTag(words, 0);
  const control = parseControl(words, tag);
  return 'kind' in control ? control : { kind: 'control', tag, control, bodyLength: 0, body: '' };
}

function badTag(words: Words, skip: number): Refused {
  const text = `a tag is 1 to ${MAX_TAG} bytes without control characters and does not begin with @`;
  return refused('bad-command', text, readable(words), skip);
}
