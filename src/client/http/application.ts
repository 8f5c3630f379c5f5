import { type RequestListener, Server } from 'node:http';
import { bad } from '../arguments.js';
import type { Conversation } from './conversation.js';
import { answerByFetch, type FetchHandler, type FetchObject } from './fetch/handler.js';
import { answerByServer, serverFor } from './node/listener.js';

/**
 * What can be served: a request listener of node:http (an Express application is one, and what Koa's `callback()` returns),
 * an `http.Server`, whether or not it listens elsewhere too, a fetch handler, or an object with one as its method `fetch`.
 */
export type Application = RequestListener | Server | FetchHandler | FetchObject;

/** Answers one conversation. */
export type Answerer = (conversation: Conversation) => void;

/**
 * A function with at most one parameter is a fetch handler, any other a request listener.
 * @throws MsgliteError `bad-argument`
 */
export function answererOf(application: Application): Answerer {
  if (application instanceof Server) return (conversation) => answerByServer(application, conversation);
  if (hasFetch(application)) return fetching(application);
  if (typeof application !== 'function') {
    throw bad('an application is a request listener, an http.Server, a fetch handler or an object with one');
  }
  if (application.length <= 1) return fetching({ fetch: application as FetchHandler });
  const server = serverFor(application as RequestListener);
  return (conversation) => answerByServer(server, conversation);
}

function hasFetch(application: unknown): application is FetchObject {
  return typeof (application as { fetch?: unknown } | null)?.fetch === 'function';
}

function fetching(application: FetchObject): Answerer {
  return (conversation) => void answerByFetch(application, conversation);
}
