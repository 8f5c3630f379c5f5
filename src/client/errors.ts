/**
 * What went wrong, for programs:
 *
 * - `unreachable`: no connection could be made;
 * - `connection-lost`: it broke, and whether the broker carried out what was under way is unknown;
 * - `expired`: its time ran out: before a broker had taken it, or, with `receipt: 'done'`, before somebody received it;
 * - `full`: the broker holds as many messages as it may, or the client as much as it buffers: try again later;
 * - `closed`: the client was closed;
 * - `bad-argument`: nothing was sent, because it can't be said in the protocol;
 * - `protocol`: the other side is no msglite broker, or does not know the tagged protocol;
 * - the other codes of the protocol, as the broker said them: `unauthorized`, `forbidden`, `id-conflict`,
 *   `body-too-large`, `dead`, `no-such-delivery`, … Later brokers may have more.
 */
export type ErrorCode =
  | 'unreachable'
  | 'connection-lost'
  | 'closed'
  | 'bad-argument'
  | 'protocol'
  | 'full'
  | 'expired'
  | 'dead'
  | 'unauthorized'
  | 'forbidden'
  | 'id-conflict'
  | 'no-such-delivery'
  | 'journal-failed'
  | 'body-too-large'
  | 'line-too-long'
  | 'bad-address'
  | 'bad-option'
  | 'bad-timeout'
  | 'bad-command'
  | 'bad-length'
  | 'tag-in-use'
  | (string & Record<never, never>);

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
