import type { Conversation } from '../conversation.js';
import { requestOf } from './request.js';
import { sendResponse } from './response.js';

/** What a method `fetch` is told beside the request. */
export interface RequestInfo {
  /** The client's, as far as the proxy knows it. */
  readonly remoteAddress: string | undefined;
  /** More than 1 if another handler had the request before, and was gone before it answered. */
  readonly attempt: number;
}

/** Answers a request in the manner of the web's own fetch. */
export type FetchHandler = (request: Request) => Response | Promise<Response>;

/** The same as a method, as Hono and others have it. */
export interface FetchObject {
  fetch(request: Request, info: RequestInfo): Response | Promise<Response>;
}

/** Lets a fetch handler answer. What it throws is reported, and its client gets a 500. */
export async function answerByFetch(application: FetchObject, conversation: Conversation): Promise<void> {
  const abort = new AbortController();
  conversation.watch((reason) => abort.abort(reason));
  const { remoteAddress, attempt } = conversation.request;
  try {
    const request = requestOf(conversation, abort.signal);
    const response: unknown = await application.fetch(request, { remoteAddress, attempt });
    if (!isResponse(response)) throw new TypeError('the handler has returned no Response');
    await sendResponse(conversation, response);
  } catch (error) {
    if (conversation.outcome !== undefined) return;
    conversation.report(error);
    await conversation.fail('500 Internal Server Error');
  }
}

/** Frameworks have classes of their own. */
function isResponse(given: unknown): given is Response {
  return typeof given === 'object' && given !== null && 'status' in given && 'headers' in given && 'body' in given;
}
