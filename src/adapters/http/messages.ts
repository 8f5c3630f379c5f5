import { replyAddress } from '../../domain/address.js';
import { ATTEMPTS, Message, type SendOptions, STANDARD } from '../../domain/message.js';
import type { Ids } from '../../ports/ids.js';
import { envelope1, envelope2, type RequestHead } from './envelope.js';
import type { OpenRequest } from './request.js';
import type { HttpSettings } from './settings.js';

/** RFC 9110, 9.2.1 and 9.2.2: done twice is as good as done once. CONNECT and TRACE never come this far. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** A body that no handler took is of no use to anybody. */
const BODY_OPTIONS: SendOptions = Object.freeze({ ...STANDARD, dead: '' });

/** How a request is sent. A class for the same reason as `Message`. */
class RequestOptions implements SendOptions {
  readonly delay = 0;

  constructor(
    readonly id: string | undefined,
    readonly attempts: number,
    readonly once: boolean,
    /** So that the proxy hears of it if no handler finishes it. */
    readonly dead: string,
    /** `done`, so that the proxy hears of it if no handler takes it in time. */
    readonly receipt: 'taken' | 'done',
  ) {}
}

/** What a request becomes. */
export interface RequestMessages {
  /** Where its handler is to be told that nobody waits any more; in envelope 2 only. */
  readonly cancelAddr: string | undefined;
  /** Where its body is sent; undefined: it travels with the head. */
  readonly bodyAddr: string | undefined;
  /** Its body in envelope 1; to be sent first: if it is refused no handler is to be bothered. */
  readonly body: Message | undefined;
  readonly request: Message;
}

/**
 * The messages that tell a handler of a request, with fresh addresses for what is still to be said about it.
 * @param body undefined: it comes apart, in pieces
 * @param id by which it can be recalled; undefined: it can't be
 */
export function messagesOf(
  { head: { method, version, url, headers, length }, origin, members, route }: OpenRequest,
  body: string | undefined,
  replyTo: string,
  id: string | undefined,
  { envelope, timeout, queueTimeout, redeliver }: HttpSettings,
  ids: Ids,
): RequestMessages {
  const apart = envelope === 1 || body === undefined;
  // It came in chunks, and now goes as a whole.
  if (length === undefined && body !== undefined) headers.push('Content-Length', String(body.length));
  const head: RequestHead = {
    method,
    url,
    protocol: `HTTP/${version}`,
    headers,
    scheme: origin.scheme,
    remoteAddr: origin.address,
    members,
    bodyAddr: apart ? replyAddress(ids) : undefined,
    cancelAddr: envelope === 1 ? undefined : replyAddress(ids),
  };
  const text = envelope === 1 ? envelope1(head) : envelope2(head, body ?? '');
  // Pieces that the first handler has taken would be missing for the second.
  const once = redeliver !== 'none' && (redeliver === 'all' || IDEMPOTENT.has(method)) && !(apart && body !== '');
  const options = new RequestOptions(
    id,
    once ? ATTEMPTS : 1,
    once,
    replyTo,
    queueTimeout === undefined ? 'taken' : 'done',
  );
  return {
    cancelAddr: head.cancelAddr,
    bodyAddr: head.bodyAddr,
    body: bodyMessage(head.bodyAddr, body, timeout),
    request: new Message(route.to, replyTo, text, queueTimeout ?? timeout, options),
  };
}

/** The same request, without an id. */
export function withoutId({ to, replyTo, body, timeout, options }: Message): Message {
  const { attempts, once, dead = '', receipt } = options;
  return new Message(to, replyTo, body, timeout, new RequestOptions(undefined, attempts, once, dead, receipt));
}

function bodyMessage(bodyAddr: string | undefined, body: string | undefined, timeout: number): Message | undefined {
  if (bodyAddr === undefined || body === undefined) return undefined;
  return new Message(bodyAddr, undefined, body, timeout, BODY_OPTIONS);
}
