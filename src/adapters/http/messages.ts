import type { IncomingMessage } from 'node:http';
import { Message } from '../../domain/message.js';
import type { Ids } from '../../ports/ids.js';
import { envelope1, envelope2, PIECE, type RequestHead } from './envelope.js';
import type { HttpSettings } from './settings.js';

/** What a request becomes. */
export interface RequestMessages {
  /** Where its handler is to be told that nobody waits any more; in envelope 2 only. */
  readonly cancelAddr: string | undefined;
  /** The head, last: with the body if that fits, otherwise behind its pieces. If one of those is refused no handler is bothered. */
  readonly messages: readonly Message[];
}

/** The messages that tell a handler of a request, with fresh addresses for what is still to be said about it. */
export function messagesOf(
  request: IncomingMessage,
  body: string,
  replyTo: string,
  { to, envelope, timeout }: HttpSettings,
  ids: Ids,
): RequestMessages {
  const apart = envelope === 1 || body.length > PIECE;
  const head: RequestHead = {
    method: request.method ?? '',
    url: request.url ?? '',
    protocol: `HTTP/${request.httpVersion}`,
    headers: request.rawHeaders,
    remoteAddr: request.socket.remoteAddress ?? '',
    bodyAddr: apart ? ids.unguessable() : undefined,
    cancelAddr: envelope === 1 ? undefined : ids.unguessable(),
  };
  const text = envelope === 1 ? envelope1(head) : envelope2(head, apart ? '' : body);
  const messages: Message[] = [];
  if (head.bodyAddr !== undefined) {
    for (const piece of envelope === 1 ? [body] : piecesOf(body)) {
      messages.push(new Message(head.bodyAddr, undefined, piece, timeout));
    }
  }
  messages.push(new Message(to, replyTo, text, timeout));
  return { cancelAddr: head.cancelAddr, messages };
}

/** The last one is empty. */
function piecesOf(body: string): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < body.length; start += PIECE) pieces.push(body.slice(start, start + PIECE));
  pieces.push('');
  return pieces;
}
