import { readFileSync } from 'node:fs';
import { ROOT } from './root.js';

/** Our own. */
export function version(): string {
  const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { readonly version: string };
  return `msglite ${version} on Node.js ${process.versions.node}`;
}
