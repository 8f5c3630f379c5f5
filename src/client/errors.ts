/**
 * What went wrong, for programs:
 *
 * - `unreachable`: no connection could be made;
 * - `connection-lost`: it broke; whether the broker carried out what was under way is unknown;
 * - `refused`: the broker refused a command; the message holds its text;
 * - `closed`: the client was closed;
 * - `bad-argument`: nothing was sent, because it can't be said in the protocol;
 * - `protocol`: the other side is no msglite broker.
 */
export type ErrorCode = 'unreachable' | 'connection-lost' | 'refused' | 'closed' | 'bad-argument' | 'protocol';

/** Every error of the client, but for aborts: those are the signal's `reason`. */
export class MsgliteError extends Error {
  override readonly name = 'MsgliteError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
