import { createServer, type RequestListener, type Server } from 'node:http';
import type { Conversation } from '../conversation.js';
import { Connection } from './connection.js';

/** Bytes: the proxy has judged the head, and added to it. */
const MAX_HEAD = 256 * 1024;

/** A server that listens nowhere. The proxy sees to the time that its clients take. */
export function serverFor(listener: RequestListener): Server {
  const options = { maxHeaderSize: MAX_HEAD, keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 };
  return createServer(options, listener);
}

/** Lets a server answer, as if the request had come on a connection of its own. */
export function answerByServer(server: Server, conversation: Conversation): void {
  server.emit('connection', new Connection(conversation));
}
