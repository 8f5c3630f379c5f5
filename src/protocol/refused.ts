import type { Code, Refusal } from '../domain/errors.js';

/** What a command becomes that can't be understood. */
export interface Refused extends Refusal {
  readonly kind: 'refused';
  /** What it is about, where that is known: a tag, or a delivery's name with its `@`. */
  readonly tag?: string | undefined;
  /**
   * Bytes of a body that follow and are passed over, 0 or more; what comes behind it can be understood. Undefined: the
   * stream can't be followed past this.
   */
  readonly skip?: number | undefined;
}

/** Where nothing is known of `tag`, it is undefined; so is `skip`, where the stream can't be followed any more. */
export function refused(code: Code, text: string, tag?: string, skip?: number): Refused {
  return { kind: 'refused', code, text, tag, skip };
}
