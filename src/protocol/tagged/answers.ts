import type { Frame } from '../decoder.js';

/** `++ tag [k=v ..]`: done, as asked. */
export interface DoneAnswer extends Frame {
  readonly kind: 'done';
  readonly tag: string;
  /** Those known and unknown: the reader picks. */
  readonly options: ReadonlyMap<string, string>;
}

/** `-- tag code text`, and `-- @delivery code text`: refused. */
export interface RefusedTag extends Frame {
  readonly kind: 'refusal';
  /** A tag, or a delivery's name with its `@`. Empty where the broker could not tell, and wrote `?`. */
  readonly tag: string;
  /** One of the protocol's codes, or one of a later version. */
  readonly code: string;
  readonly text: string;
}

/** `>> tag bodyLen timeout toAddr replyAddr|- [k=v ..]`: a message for that tag's receive. */
export interface TaggedMessage extends Frame {
  readonly kind: 'message';
  readonly tag: string;
  /** The full address it was at: for a dead letter the one it was moved to. */
  readonly to: string;
  readonly replyTo: string | undefined;
  /** Milliseconds, as it was sent. */
  readonly timeout: number;
  /** `attempt=`; 1 for the first. */
  readonly attempt: number;
  /** `delivery=@d`; undefined: it is not leased. */
  readonly delivery: string | undefined;
  /** `id=`, where its sender gave one. */
  readonly id: string | undefined;
  /** `to=`: of a dead letter, the full address it was sent to at first. */
  readonly sentTo: string | undefined;
}

/** `** tag`: that receive is over. */
export interface OverAnswer extends Frame {
  readonly kind: 'over';
  readonly tag: string;
}

/** `== tag bodyLen`: an answer in JSON, which is the body. */
export interface ControlAnswer extends Frame {
  readonly kind: 'answer';
  readonly tag: string;
}

/** What the broker says in the tagged protocol. */
export type TaggedAnswer = DoneAnswer | RefusedTag | TaggedMessage | OverAnswer | ControlAnswer;
