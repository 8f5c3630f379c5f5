import { lifetime, type SendOptions, STANDARD } from '../../domain/message.js';
import { NOTED, type Words } from '../words.js';
import { isId, isTaggedAddress, MAX_ID } from './names.js';

const SEND = ['id=', 'delay=', 'attempts=', 'once=', 'dead=', 'receipt='] as const;
const RECEIVE = ['count=', 'lease='] as const;
const HELLO = ['idle='] as const;

/** Most that can be asked for with `attempts=` and `count=`. */
export const MAX_ATTEMPTS = 1_000_000;
export const MAX_COUNT = 1_000_000_000;

/** Bytes shown of a name that nobody knows. */
const SHOWN = 32;

/** What a receiver asks for beyond addresses and a timeout. */
export interface ReceiveOptions {
  readonly count: number;
  /** Milliseconds; 0: no lease. */
  readonly lease: number;
}

const ONE: ReceiveOptions = Object.freeze({ count: 1, lease: 0 });

/**
 * Of a send, in the words from `first` on.
 * @param timeout of the message, in milliseconds
 * @returns what is wrong, where it is a string; STANDARD where there are none
 */
export function parseSendOptions(words: Words, first: number, timeout: number): SendOptions | string {
  if (words.count <= first) return STANDARD;
  if (words.count > NOTED) return tooMany();
  let { id, delay, attempts, once, dead, receipt } = STANDARD;
  let seen = 0;
  for (let i = first; i < words.count; i++) {
    const which = find(words, i, SEND);
    if (which === -1 || (seen & (1 << which)) !== 0) return fault(words, i, SEND);
    seen |= 1 << which;
    switch (SEND[which]) {
      case 'id=':
        id = words.tail(i, 3);
        if (!isId(id)) return `id=: 1 to ${MAX_ID} bytes without control characters were expected`;
        break;
      case 'delay=':
        delay = words.milliseconds(i, 6);
        if (delay === -1 || delay >= lifetime({ timeout }))
          return 'delay=: seconds, less than the timeout, were expected';
        break;
      case 'attempts=':
        attempts = words.length(i, 9);
        if (attempts < 1 || attempts > MAX_ATTEMPTS) return `attempts=: 1 to ${MAX_ATTEMPTS} was expected`;
        break;
      case 'once=': {
        const value = words.tail(i, 5);
        if (value !== '1' && value !== '0') return 'once=: 1 or 0 was expected';
        once = value === '1';
        break;
      }
      case 'dead=':
        dead = words.tail(i, 5);
        if (dead !== '-' && !isTaggedAddress(dead)) return 'dead=: an address or - was expected';
        if (dead === '-') dead = '';
        break;
      case 'receipt=': {
        const value = words.tail(i, 8);
        if (value !== 'done' && value !== 'taken') return 'receipt=: done or taken was expected';
        receipt = value;
      }
    }
  }
  return { id, delay, attempts, once, dead, receipt };
}

/** Of a receive, in the words from `first` on. Where it is a string, it says what is wrong. */
export function parseReceiveOptions(words: Words, first: number): ReceiveOptions | string {
  if (words.count <= first) return ONE;
  if (words.count > NOTED) return tooMany();
  let { count, lease } = ONE;
  let seen = 0;
  for (let i = first; i < words.count; i++) {
    const which = find(words, i, RECEIVE);
    if (which === -1 || (seen & (1 << which)) !== 0) return fault(words, i, RECEIVE);
    seen |= 1 << which;
    if (which === 0) {
      count = words.length(i, 6);
      if (count < 1 || count > MAX_COUNT) return `count=: 1 to ${MAX_COUNT} was expected`;
    } else {
      lease = words.milliseconds(i, 6);
      if (lease < 1) return 'lease=: seconds, more than 0, were expected';
    }
  }
  return { count, lease };
}

/** Milliseconds of `idle=`, undefined where it is not there. Where it is a string, it says what is wrong. */
export function parseHelloOptions(words: Words, first: number): number | undefined | string {
  if (words.count <= first) return undefined;
  if (words.count > first + 1 || find(words, first, HELLO) === -1) {
    return fault(words, find(words, first, HELLO) === -1 ? first : first + 1, HELLO);
  }
  const idle = words.milliseconds(first, 5);
  return idle < 1 ? 'idle=: seconds, more than 0, were expected' : idle;
}

/** Whether one of the words from `first` on has no `=`, as far as they are noted. */
export function hasStray(words: Words, first: number): boolean {
  for (let i = first; i < words.count && i < NOTED; i++) {
    if (!words.assigns(i)) return true;
  }
  return false;
}

/** Which of these names the word begins with; -1: none of them. */
function find(words: Words, index: number, names: readonly string[]): number {
  for (let which = 0; which < names.length; which++) {
    if (words.begins(index, names[which] as string)) return which;
  }
  return -1;
}

/** What is wrong with an option that is not known, or was there before. */
function fault(words: Words, index: number, names: readonly string[]): string {
  const known = find(words, index, names);
  if (known !== -1) return `${names[known]} is there twice`;
  const word = words.tail(index, 0);
  return `unknown option ${printable(word.slice(0, word.indexOf('=')))}= (expected ${names.join(' ')})`;
}

/** No more than is needed to know it again, and nothing that would not be one line. */
function printable(text: string): string {
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}..` : text;
  return Array.from(shown, (letter) => (letter < ' ' || letter === '\x7f' ? '?' : letter)).join('');
}

function tooMany(): string {
  return `too many options (a line has at most ${NOTED} words)`;
}
