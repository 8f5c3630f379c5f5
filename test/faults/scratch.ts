import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, it } from 'mocha';

/** Makes folders for the tests of the suite that calls it, and removes them after each test. */
export function scratch(): () => string {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'msglite-'));
    folders.push(folder);
    return folder;
  };
}

/** All files of a folder with what is in them, to be compared. */
export function contents(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(entries.map(({ name }) => [name, readFileSync(join(folder, name), 'latin1')]));
}

/** A test of what not every machine can do. Where it can't be done it is skipped, by name; in CI it fails instead. */
export function itWhere(able: boolean, needs: string, title: string, test: () => void | Promise<void>): void {
  if (able || process.env.CI !== undefined) it(title, test);
  else it.skip(`${title} (skipped: this machine has no ${needs})`);
}
