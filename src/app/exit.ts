import { MsgliteError } from '../client/errors.js';
import { UsageError } from './usage.js';

/** What the command's exit codes mean. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  /** No message, or no reply, came in time. */
  timedOut: 3,
  interrupted: 130,
  terminated: 143,
} as const;

/** The user, or the system, wants the command to end. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(readonly signal: 'SIGINT' | 'SIGTERM') {
    super(`interrupted by ${signal}`);
  }
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupted) return error.signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
  if (error instanceof UsageError) return EXIT.usage;
  return error instanceof MsgliteError && error.code === 'bad-argument' ? EXIT.usage : EXIT.failed;
}
