import type { AnswerHead } from '../answer.js';
import type { Conversation } from '../conversation.js';

type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Read = Awaited<ReturnType<Reader['read']>>;

const NOTHING = Buffer.alloc(0);
const BODILESS = [204, 205, 304];

/** Sends a Response as its body comes. @throws what reading the body throws */
export async function sendResponse(conversation: Conversation, response: Response): Promise<void> {
  const { status, statusText, body } = response;
  const headers = [...response.headers].flat();
  const first = statusText === '' ? String(status) : `${status} ${statusText}`;
  if (conversation.request.method === 'HEAD' || BODILESS.includes(status)) {
    await body?.cancel();
    return conversation.send({ status: first, headers, length: 0 }, NOTHING, true);
  }
  const announced = response.headers.get('content-length');
  const head = { status: first, headers, length: announced === null ? undefined : Number(announced) };
  if (body === null) return conversation.send(withLength(head, 0), NOTHING, true);
  const reader = body.getReader() as Reader;
  try {
    await sendBody(conversation, head, reader);
  } finally {
    // It may be at its end already.
    if (conversation.outcome !== undefined) await reader.cancel();
  }
}

/** One that is there as a whole goes in one message, with its length. */
async function sendBody(conversation: Conversation, head: AnswerHead, reader: Reader): Promise<void> {
  const first = await soon(reader.read());
  if ('value' in first) {
    const bytes = bytesOf(first.value);
    const next = reader.read();
    const second = first.value.done ? first : await soon(next);
    if ('value' in second && second.value.done) return conversation.send(withLength(head, bytes.length), bytes, true);
    await conversation.send(head, bytes, false);
    await pump(conversation, reader, next);
  } else {
    await conversation.send(head, NOTHING, false);
    await pump(conversation, reader, first.later);
  }
}

async function pump(conversation: Conversation, reader: Reader, next: Promise<Read>): Promise<void> {
  let read = await next;
  while (!read.done && conversation.outcome === undefined) {
    await conversation.send(undefined, bytesOf(read), false);
    read = await reader.read();
  }
  await conversation.send(undefined, NOTHING, true);
}

/** What is there by the time that all is done which could be done now. */
async function soon(read: Promise<Read>): Promise<{ readonly value: Read } | { readonly later: Promise<Read> }> {
  const turned = new Promise<{ readonly later: Promise<Read> }>((resolve) => {
    setImmediate(() => resolve({ later: read }));
  });
  return Promise.race([read.then((value) => ({ value })), turned]);
}

function withLength(head: AnswerHead, length: number): AnswerHead {
  if (head.length !== undefined) return head;
  return { ...head, headers: [...head.headers, 'content-length', String(length)], length };
}

function bytesOf({ value }: Read): Buffer {
  if (value === undefined) return NOTHING;
  if (!(value instanceof Uint8Array)) throw new TypeError('a body is made of Uint8Arrays');
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
