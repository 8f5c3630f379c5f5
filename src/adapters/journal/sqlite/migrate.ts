import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';

/** One step of the schema: `0001_messages.sql` leads to version 1. */
export interface Migration {
  readonly version: number;
  readonly file: string;
}

/**
 * The migrations in a folder, in order.
 * @throws if their numbers are not 1, 2, 3 and so on
 */
export function listMigrations(folder: string): readonly Migration[] {
  const migrations = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => ({ version: Number(name.split('_', 1)[0]), file: join(folder, name) }));
  migrations.forEach(({ version, file }, i) => {
    if (version !== i + 1) throw new Error(`${file}: expected the migration of number ${i + 1} here`);
  });
  return migrations;
}

/** Brings a database from its version to the newest; each step is one transaction with the version it leads to. */
export function migrate(db: Database, migrations: readonly Migration[]): void {
  const now = db.pragma('user_version', { simple: true }) as number;
  for (const { version, file } of migrations) {
    if (version <= now) continue;
    const sql = readFileSync(file, 'utf8');
    db.transaction(() => {
      db.exec(sql);
      db.pragma(`user_version = ${version}`);
    })();
  }
}
