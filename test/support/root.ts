import { fileURLToPath } from 'node:url';

/** The checkout's folder, with a slash at its end. Compiled tests are in dist/test. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
