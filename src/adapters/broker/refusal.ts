import type { LinkRefusal } from '../../client/link/ask.js';
import type { Code, Refusal } from '../../domain/errors.js';

/** What the link says of itself, in the words of an exchange. */
const OWN: Readonly<Record<string, Code>> = { 'connection-lost': 'journal-failed', closed: 'full' };

/** As an exchange says it. A code that only a later broker knows is passed on. */
export function refusalOf({ code, text }: LinkRefusal): Refusal {
  return { code: OWN[code] ?? (code as Code), text };
}
