import { MsgliteError } from '../../src/client/index.js';

/** The error's code; fails if there is none. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const reason = await reasonOf(promise);
  if (reason instanceof MsgliteError) return reason.code;
  throw reason;
}

/** What the promise rejects with; fails if it does not. */
export async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  let failed = false;
  const result = await promise.catch((error: unknown) => {
    failed = true;
    return error;
  });
  if (!failed) throw new Error('it did not fail');
  return result;
}

/** Lets the event loop go round until what one end of a socket did has reached the other in the same process. */
export async function arrive(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
