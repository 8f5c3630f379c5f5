/** What was wrong, for programs. Stable: these are the protocol's codes. */
export type Code =
  | 'bad-command'
  | 'bad-length'
  | 'bad-timeout'
  | 'bad-address'
  | 'bad-option'
  | 'body-too-large'
  | 'line-too-long'
  | 'tag-in-use'
  | 'id-conflict'
  | 'full'
  | 'unauthorized'
  | 'forbidden'
  | 'no-such-delivery'
  | 'dead'
  | 'expired'
  | 'journal-failed';

/** A command that was not carried out. `text` says what was wrong and what was expected; one line, no control characters. */
export interface Refusal {
  readonly code: Code;
  readonly text: string;
}
