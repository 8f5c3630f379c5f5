import { type Refused, refused } from '../refused.js';
import { NOTED, type Words } from '../words.js';
import type { DoneAnswer, RefusedTag, TaggedAnswer, TaggedMessage } from './answers.js';
import { BACK, CONTROL, DONE, NO_TAG, OVER, SEND } from './signs.js';

const REFUSAL = 0x2d; // -

const NONE: ReadonlyMap<string, string> = new Map();

/** The grammar of what the broker says in the tagged protocol. A `Refused` means that this is no msglite broker. */
export function parseTaggedAnswer(words: Words): TaggedAnswer | Refused {
  const { count } = words;
  switch (words.double(0)) {
    case SEND:
      if (count >= 6) return parseMessage(words) ?? strange();
      break;
    case DONE:
      if (count >= 2) return parseDone(words);
      break;
    case BACK:
      if (count >= 3) return parseRefusal(words);
      break;
    case OVER:
      if (count === 2) return { kind: 'over', tag: words.text(1), bodyLength: 0, body: '' };
      break;
    case CONTROL: {
      const bodyLength = words.length(2);
      if (count !== 3 || bodyLength === -1) break;
      return { kind: 'answer', tag: words.text(1), bodyLength, body: '' };
    }
    case -1:
      // Who is turned away on arrival has not said yet which protocol is spoken.
      if (words.sign(0) !== REFUSAL) break;
      return { kind: 'refusal', tag: '', code: 'full', text: words.rest(1), bodyLength: 0, body: '' };
  }
  return strange();
}

function parseMessage(words: Words): TaggedMessage | undefined {
  const bodyLength = words.length(2);
  const timeout = words.milliseconds(3);
  if (bodyLength === -1 || timeout === -1) return undefined;
  const reply = words.text(5);
  let attempt = 1;
  let delivery: string | undefined;
  let id: string | undefined;
  let sentTo: string | undefined;
  for (let i = 6; i < words.count && i < NOTED; i++) {
    if (words.begins(i, 'attempt=')) attempt = words.length(i, 8);
    else if (words.begins(i, 'delivery=')) delivery = words.tail(i, 9);
    else if (words.begins(i, 'id=')) id = words.tail(i, 3);
    else if (words.begins(i, 'to=')) sentTo = words.tail(i, 3);
  }
  if (attempt === -1) return undefined;
  return {
    kind: 'message',
    tag: words.text(1),
    to: words.text(4),
    replyTo: reply === '-' ? undefined : reply,
    timeout,
    attempt,
    delivery,
    id,
    sentTo,
    bodyLength,
    body: '',
  };
}

function parseDone(words: Words): DoneAnswer {
  return {
    kind: 'done',
    tag: words.text(1),
    options: words.count === 2 ? NONE : readOptions(words),
    bodyLength: 0,
    body: '',
  };
}

function readOptions(words: Words): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const word of words.texts(2)) {
    const end = word.indexOf('=');
    if (end > 0) options.set(word.slice(0, end), word.slice(end + 1));
  }
  return options;
}

function parseRefusal(words: Words): RefusedTag {
  const tag = words.text(1);
  return {
    kind: 'refusal',
    tag: tag === NO_TAG ? '' : tag,
    code: words.text(2),
    text: words.rest(3),
    bodyLength: 0,
    body: '',
  };
}

function strange(): Refused {
  return refused('bad-command', 'not an answer of the tagged msglite protocol');
}
