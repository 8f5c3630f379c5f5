import type { AnswerHead } from '../answer.js';

/** How the body that follows a head is framed. */
export type Framing = 'none' | 'length' | 'chunked' | 'close';

/** What node:http has written as the head of a response. */
export interface WrittenHead {
  readonly answer: AnswerHead;
  readonly framing: Framing;
}

/** About the connection, which ends with us: the proxy has its own. */
const OURS = /^(?:connection|keep-alive)$/i;

/**
 * Reads a head without its last, empty line.
 * @param method of the request
 * @returns undefined for one with which nothing ends, as 103
 */
export function readHead(text: string, method: string): WrittenHead | undefined {
  const lines = text.split('\r\n');
  const status = (lines[0] as string).slice('HTTP/1.1 '.length).trimEnd();
  if (status.startsWith('1')) return undefined;
  const headers: string[] = [];
  let length: number | undefined;
  let chunked = false;
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] as string;
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (OURS.test(name)) continue;
    if (/^content-length$/i.test(name)) length = Number(value);
    if (/^transfer-encoding$/i.test(name)) chunked = /chunked\s*$/i.test(value);
    headers.push(name, value);
  }
  const bodiless = method === 'HEAD' || /^(?:204|304)/.test(status);
  const framing = bodiless ? 'none' : chunked ? 'chunked' : length === undefined ? 'close' : 'length';
  return { answer: { status, headers, length: bodiless ? 0 : chunked ? undefined : length }, framing };
}
