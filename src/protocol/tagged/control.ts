import { isAddress, queueName } from '../../domain/address.js';
import type { Control } from '../../domain/control.js';
import { type Refused, refused } from '../refused.js';
import type { Words } from '../words.js';
import { isId, isTaggedAddress, MAX_ID } from './names.js';

/** Most messages one `peek` shows. */
export const MAX_PEEK = 1000;

const EXPECTED = 'expected stats, queues, peek, purge, kick, pause, resume or recall';
const AFTER = 'after=';

/** The words of `== tag command [args ..]`, from the command on. Nothing follows such a line, so that no refusal ends the stream. */
export function parseControl(words: Words, tag: string): Control | Refused {
  const command = words.text(2);
  switch (command) {
    case 'stats':
      return words.count === 3 ? { command } : wrongWords('== tag stats', tag);
    case 'queues':
      return parseQueues(words, tag);
    case 'peek':
    case 'kick':
      return parseCounted(command, words, tag);
    case 'purge':
    case 'pause':
    case 'resume':
      if (words.count !== 4) return wrongWords(`== tag ${command} addr`, tag);
      return parseQueue(words, tag) ?? { command, address: words.text(3) };
    case 'recall':
      return parseRecall(words, tag);
    case '':
      return refused('bad-command', `== tag command [args ..]: ${EXPECTED}`, tag, 0);
    default:
      return refused('bad-command', `== does not know that command (${EXPECTED})`, tag, 0);
  }
}

function parseQueues(words: Words, tag: string): Control | Refused {
  const named = words.begins(words.count - 1, AFTER);
  const after = named ? words.tail(words.count - 1, AFTER.length) : '';
  const prefixes = words.count - 3 - (named ? 1 : 0);
  const prefix = prefixes > 0 ? words.text(3) : '';
  if (prefixes > 0 && words.assigns(3)) {
    return refused('bad-option', 'queues knows after= only, once, as its last word', tag, 0);
  }
  if (prefixes > 1) return wrongWords('== tag queues [prefix] [after=addr]', tag);
  if ((prefix !== '' && !isAddress(prefix)) || (named && !isAddress(after))) {
    return refused(
      'bad-address',
      'queues: the beginning of an address, and after= with an address, were expected',
      tag,
      0,
    );
  }
  return { command: 'queues', prefix, after };
}

function parseCounted(command: 'peek' | 'kick', words: Words, tag: string): Control | Refused {
  if (words.count !== 4 && words.count !== 5) return wrongWords(`== tag ${command} addr [n]`, tag);
  const fault = parseQueue(words, tag);
  if (fault !== undefined) return fault;
  const address = words.text(3);
  if (words.count === 4) return { command, address, count: command === 'peek' ? 1 : Number.POSITIVE_INFINITY };
  const count = words.length(4);
  if (count >= 1 && (command === 'kick' || count <= MAX_PEEK)) return { command, address, count };
  const most = command === 'peek' ? ` to ${MAX_PEEK}` : ' or more';
  return refused('bad-option', `${command}: a number of messages, 1${most}, was expected`, tag, 0);
}

function parseQueue(words: Words, tag: string): Refused | undefined {
  const address = words.text(3);
  if (isTaggedAddress(address) && queueName(address) === address) return undefined;
  return refused('bad-address', `${words.text(2)}: an address was expected, no label of a mailbox`, tag, 0);
}

function parseRecall(words: Words, tag: string): Control | Refused {
  if (words.count !== 5) return wrongWords('== tag recall addr id', tag);
  const address = words.text(3);
  if (!isTaggedAddress(address)) return refused('bad-address', 'recall: an address was expected', tag, 0);
  const id = words.tail(4, 0);
  if (isId(id)) return { command: 'recall', address, id };
  return refused('bad-option', `recall: an id of 1 to ${MAX_ID} bytes without control characters was expected`, tag, 0);
}

function wrongWords(format: string, tag: string): Refused {
  return refused('bad-command', `${format} was expected`, tag, 0);
}
