import { MsgliteError } from './errors.js';
import type { LinkRefusal } from './link/ask.js';

/** A refusal as an error. */
export function errorOf({ code, text }: LinkRefusal): MsgliteError {
  return new MsgliteError(code, `${code}: ${text}`);
}

/** What is said of all calls once the client was closed. */
export function closed(): MsgliteError {
  return new MsgliteError('closed', 'the client was closed');
}
