import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';

/** One step of the schema: `0001_messages.sql` leads to version 1. */
export interface Migration {
  readonly version: number;
  readonly file: string;
}

const NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;

/**
 * The migrations in a folder, in order.
 * @throws if one is misnamed, or their numbers are not 1, 2, 3 and so on
 */
export function listMigrations(folder: string): readonly Migration[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  if (names.length === 0) throw new Error(`${folder}: there are no migrations here`);
  return names.sort().map((name, i) => {
    const version = Number(NAME.exec(name)?.[1]);
    const file = join(folder, name);
    if (version !== i + 1)
      throw new Error(`${file}: expected a migration numbered ${String(i + 1).padStart(4, '0')} here`);
    return { version, file };
  });
}

/**
 * Brings a database from its version to the newest; each step is one transaction with the version it leads to.
 * @returns whether there was anything to do
 */
export function migrate(db: Database, migrations: readonly Migration[]): boolean {
  const now = db.pragma('user_version', { simple: true }) as number;
  for (const { version, file } of migrations) {
    if (version <= now) continue;
    const sql = readFileSync(file, 'utf8');
    db.transaction(() => {
      db.exec(sql);
      db.pragma(`user_version = ${version}`);
    }).immediate();
  }
  return now < migrations.length;
}
