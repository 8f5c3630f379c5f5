import type { Control } from '../../domain/control.js';
import { type SendOptions, STANDARD } from '../../domain/message.js';
import { encodeBody } from '../encoder.js';
import { MAX_ATTEMPTS, MAX_COUNT } from './options.js';
import { encodeSeconds } from './seconds.js';

/** What is sent. `timeout` in milliseconds. */
interface Sent {
  readonly to: string;
  readonly replyTo: string | undefined;
  readonly body: string;
  readonly timeout: number;
  readonly options: SendOptions;
}

/** What is asked for. `timeout` in milliseconds, or Infinity; `lease` in milliseconds, 0: none. */
interface Wanted {
  readonly addresses: readonly string[];
  readonly timeout: number;
  readonly count: number;
  readonly lease: number;
}

/** `!! tag [token] [idle=secs]`. `idle` in milliseconds. */
export function encodeHello(tag: string, token?: string, idle?: number): string {
  const line = token === undefined ? `!! ${tag}` : `!! ${tag} ${token}`;
  return idle === undefined ? `${line}\r\n` : `${line} idle=${encodeSeconds(idle)}\r\n`;
}

/** `>> tag bodyLen timeout toAddr replyAddr|- [k=v ..]` and the body. */
export function encodeTaggedSend(tag: string, message: Sent): string {
  const { to, replyTo, body, timeout, options } = message;
  const line = `>> ${tag} ${body.length} ${encodeSeconds(timeout)} ${to} ${replyTo ?? '-'}`;
  return (options === STANDARD ? line : line + encodeOptions(options)) + encodeBody(body);
}

function encodeOptions({ id, delay, attempts, once, dead, receipt }: SendOptions): string {
  let text = id === undefined ? '' : ` id=${id}`;
  if (delay > 0) text += ` delay=${encodeSeconds(delay)}`;
  if (attempts !== STANDARD.attempts) text += ` attempts=${Math.min(attempts, MAX_ATTEMPTS)}`;
  if (once) text += ' once=1';
  if (dead !== undefined) text += dead === '' ? ' dead=-' : ` dead=${dead}`;
  return receipt === 'taken' ? text : `${text} receipt=${receipt}`;
}

/** `<< tag timeout addr1 [.. addr8] [k=v ..]` */
export function encodeTaggedReceive(tag: string, wanted: Wanted): string {
  const { addresses, timeout, count, lease } = wanted;
  let line = `<< ${tag} ${encodeSeconds(timeout)} ${addresses.join(' ')}`;
  if (count !== 1) line += ` count=${Math.min(count, MAX_COUNT)}`;
  if (lease > 0) line += ` lease=${encodeSeconds(lease)}`;
  return `${line}\r\n`;
}

/** `.. tag` */
export function encodeTakeBack(tag: string): string {
  return `.. ${tag}\r\n`;
}

/** `++ @delivery` */
export function encodeDone(delivery: string): string {
  return `++ ${delivery}\r\n`;
}

/** `-- @delivery [delay]`. `delay` in milliseconds. */
export function encodeGiveBack(delivery: string, delay = 0): string {
  return delay > 0 ? `-- ${delivery} ${encodeSeconds(delay)}\r\n` : `-- ${delivery}\r\n`;
}

/** `~~ @delivery secs`. `lease` in milliseconds, more than 0. */
export function encodeKeep(delivery: string, lease: number): string {
  return `~~ ${delivery} ${encodeSeconds(lease)}\r\n`;
}

/** `== tag command [args ..]` */
export function encodeControl(tag: string, control: Control): string {
  return `== ${tag} ${control.command}${encodeArguments(control)}\r\n`;
}

function encodeArguments(control: Control): string {
  switch (control.command) {
    case 'stats':
      return '';
    case 'queues':
      return `${control.prefix === '' ? '' : ` ${control.prefix}`}${control.after === '' ? '' : ` after=${control.after}`}`;
    case 'recall':
      return ` ${control.address} ${control.id}`;
    case 'peek':
    case 'kick':
      return Number.isFinite(control.count) ? ` ${control.address} ${control.count}` : ` ${control.address}`;
    default:
      return ` ${control.address}`;
  }
}
