/** The words that clients share with the broker. */
export type { Control } from '../../domain/control.js';
export { type SendOptions, STANDARD } from '../../domain/message.js';
