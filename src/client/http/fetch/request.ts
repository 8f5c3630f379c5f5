import type { Conversation } from '../conversation.js';
import { headerOf, type WebRequest } from '../request.js';

/**
 * What a fetch handler gets.
 * @param signal aborted when nobody waits for the answer any more
 * @throws TypeError: there is no such Request
 */
export function requestOf({ request, body }: Conversation, signal: AbortSignal): Request {
  const { method, headers } = request;
  const list: [string, string][] = [];
  for (let i = 0; i < headers.length; i += 2) list.push([headers[i] as string, headers[i + 1] as string]);
  const init = { method, headers: list, signal };
  // There is no Request with a body for these.
  if (method === 'GET' || method === 'HEAD') return new Request(urlOf(request), init);
  if (!body.isHere) return new Request(urlOf(request), { ...init, body: streamOf(body), duplex: 'half' });
  const bytes = body.take();
  return new Request(urlOf(request), bytes.length === 0 ? init : { ...init, body: bytes });
}

function urlOf(request: WebRequest): string {
  const { scheme, url } = request;
  const host = headerOf(request, 'host') || 'localhost';
  return `${scheme}://${host}${url.startsWith('/') ? '' : '/'}${url}`;
}

/** Pieces are taken as they are read. */
function streamOf(body: Conversation['body']): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const piece = await body.next();
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
    },
    { highWaterMark: 0 },
  );
}
