import type { LogFields } from '../../ports/log.js';

/** One line of the log, before it is written down. */
export interface Line {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly level: string;
  readonly text: string;
  readonly fields: LogFields;
}

/**
 * Control characters (what C1 codes do to a terminal included), line separators, and the marks that make text run
 * backwards: clients choose addresses and texts, and must not be able to write lines of their own into our log.
 */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** What a value must not hold to be shown without quotes. */
const QUOTED = /[\s"'\\=]|^$/;

/** For people: `time level text key=value …`. */
export function formatText({ time, level, text, fields }: Line): string {
  let line = `${new Date(time).toISOString()} ${level} ${escapeUnsafe(text)}`;
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) line += ` ${key}=${typeof value === 'string' ? showString(value) : value}`;
  }
  return line;
}

/** For machines: one JSON object. A field can't take the place of `time`, `level` or `text`. */
export function formatJson({ time, level, text, fields }: Line): string {
  const own = { time: new Date(time).toISOString(), level, text };
  return escapeUnsafe(JSON.stringify({ ...own, ...fields, ...own }));
}

function showString(value: string): string {
  return escapeUnsafe(QUOTED.test(value) ? JSON.stringify(value) : value);
}

function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
