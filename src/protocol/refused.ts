import type { Refusal } from '../domain/errors.js';

/** What a command becomes that can't be understood. */
export interface Refused extends Refusal {
  readonly kind: 'refused';
}
