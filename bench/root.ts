import { fileURLToPath } from 'node:url';

/** The checkout's folder, with a slash at its end. What is compiled from here is in dist/bench. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
