import { readdir } from 'node:fs/promises';
import type { Db } from 'mongodb';

export const MIGRATIONS_FOLDER = new URL('../../migrations/', import.meta.url);

/** Where the migrator notes what it has done: one document each, `{ migrationName }`. */
export const MIGRATIONS_COLLECTION = 'migrations';

/** The names of all migrations, in the order in which they run. */
export async function migrationNames(): Promise<string[]> {
  const files = await readdir(MIGRATIONS_FOLDER);
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort();
}

/** The migrations that this database still lacks, in order: empty when it is ready for this version. */
export async function pendingMigrations(db: Db): Promise<string[]> {
  const [names, applied] = await Promise.all([
    migrationNames(),
    db.collection<{ migrationName: string }>(MIGRATIONS_COLLECTION).distinct('migrationName'),
  ]);
  return names.filter((name) => !applied.includes(name));
}
