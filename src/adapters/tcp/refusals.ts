import type { Code, Refusal } from '../../domain/errors.js';

/** What a tagged session refuses of itself. */
export const NO_DELIVERY = refusal('no-such-delivery', 'it is not yours, or no longer');
export const LAPSED = refusal('no-such-delivery', 'its lease has run out');
export const NO_TOKEN = refusal('unauthorized', 'this broker knows no such token');
export const TOKEN_WANTED = refusal('unauthorized', 'this broker wants a token: !! tag token');
/** For the log: the client is closed and can't be told. */
export const UNREAD = refusal('full', 'the client leaves its answers unread');

function refusal(code: Code, text: string): Refusal {
  return Object.freeze({ code, text });
}
