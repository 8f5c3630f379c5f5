import type { Message } from '../../domain/message.js';
import { encodeBody } from '../encoder.js';
import { encodeSeconds } from './seconds.js';
import { NO_TAG } from './signs.js';

/** What the broker grants, for its answer to a hello. */
export interface Welcome {
  /** Bytes of a line, its end included. */
  readonly line: number;
  /** Bytes of a body. */
  readonly body: number;
  readonly journal: 'off' | 'normal' | 'full';
}

/** A message and what a receiver is told of its delivery. */
export interface Handed {
  readonly message: Message;
  /** The full address it is at; another than the message's own for a dead letter. */
  readonly at: string;
  readonly attempt: number;
  /** With its `@`; undefined: there is no lease. */
  readonly name: string | undefined;
}

/** `++ tag [duplicate=1]`: the receipt of a send. */
export function encodeAccepted(tag: string, duplicate: boolean): string {
  return duplicate ? `++ ${tag} duplicate=1\r\n` : `++ ${tag}\r\n`;
}

/** `++ tag v=2 ..`: the answer to a hello. */
export function encodeWelcome(tag: string, { line, body, journal }: Welcome): string {
  return `++ ${tag} v=2 line=${line} body=${body} journal=${journal}\r\n`;
}

/**
 * `-- tag code text`
 * @param tag or a delivery's name; undefined or empty where none can be told
 */
export function encodeTaggedRefusal(tag: string | undefined, code: string, text: string): string {
  return `-- ${tag === undefined || tag === '' ? NO_TAG : tag} ${code} ${text}\r\n`;
}

/** `>> tag bodyLen timeout toAddr replyAddr|- [k=v ..]` and the body. */
export function encodeTaggedMessage(tag: string, { message, at, attempt, name }: Handed): string {
  const { to, replyTo, body, timeout, options } = message;
  let line = `>> ${tag} ${body.length} ${encodeSeconds(timeout)} ${at} ${replyTo ?? '-'} attempt=${attempt}`;
  if (name !== undefined) line += ` delivery=${name}`;
  if (options.id !== undefined) line += ` id=${options.id}`;
  if (at !== to) line += ` to=${to}`;
  return line + encodeBody(body);
}

/** `** tag`: that receive is over. */
export function encodeOver(tag: string): string {
  return `** ${tag}\r\n`;
}

/** `== tag bodyLen` and the body. `json` is UTF-8, one byte per character. */
export function encodeAnswer(tag: string, json: string): string {
  return `== ${tag} ${json.length}${encodeBody(json)}`;
}
