import type { MessagePort } from 'node:worker_threads';
import type { JournalFailure, Moment, Wanted } from '../../../ports/journal.js';
import { JournalError } from './errors.js';
import type { Packed } from './packing.js';

/** What the journal's thread is started with. */
export interface Start {
  readonly file: string;
  readonly sync: 'normal' | 'full';
  /** For calls and their answers. */
  readonly port: MessagePort;
  /** Counts the answers, for who waits for one without an event loop. */
  readonly answers: Int32Array<SharedArrayBuffer>;
}

/** In place of the count: the thread is over, and no more will come. */
export const ENDED = -1;

/** What the thread is asked for; it answers in order, `restore` with chunks before. */
export type Call =
  | { readonly to: 'restore' }
  | { readonly to: 'commit'; readonly batch: Packed }
  | { readonly to: 'read'; readonly wanted: Wanted; readonly count: number; readonly bytes: number }
  | { readonly to: 'close' };

/** The first comes by itself, when the file is open, or can't be opened. */
export interface Answer {
  /** A chunk of what is restored: the answer itself is still to come. */
  readonly told?: Packed;
  /** For `restore`. */
  readonly last?: { readonly moment: Moment; readonly lastSeq: number } | undefined;
  /** For `read`. */
  readonly found?: Packed;
  readonly failure?: PlainFailure | undefined;
}

/** An error as it is handed over: of a copied one only the message would be left. */
interface PlainError {
  readonly message: string;
  readonly code: string | undefined;
  readonly stack: string | undefined;
}

/** A failure as it is handed over. */
export interface PlainFailure extends PlainError {
  readonly kind: JournalFailure['kind'];
  readonly ours: boolean;
  readonly cause: PlainError | undefined;
}

/** @param error also of an error that was thrown */
export function plain({ kind, cause: error }: JournalFailure): PlainFailure {
  const cause = error.cause instanceof Error ? plainError(error.cause) : undefined;
  return { kind, ...plainError(error), ours: error instanceof JournalError, cause };
}

export function revived({ kind, ours, cause, ...error }: PlainFailure): JournalFailure {
  const options = cause && { cause: revivedError(cause, new Error(cause.message)) };
  const one = ours ? new JournalError(error.message, options) : new Error(error.message, options);
  return { kind, cause: revivedError(error, one) };
}

function plainError(error: Error): PlainError {
  return { message: error.message, code: (error as { code?: string }).code, stack: error.stack };
}

function revivedError({ code, stack }: PlainError, error: Error): Error {
  if (stack !== undefined) error.stack = stack;
  return code === undefined ? error : Object.assign(error, { code });
}
