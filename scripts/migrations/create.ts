import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describeCollections } from '#src/db/collections.ts';
import { MIGRATIONS_FOLDER } from '#src/db/migrations-applied.ts';

/**
 * Writes a new migration to be filled in; returns its path. Of the collections named in `freeze` it also writes down what the models ask for
 * now (validator and indexes), as data that stays as it is however the models change. Throws when a name will not do.
 */
export async function createMigration(name: string, now: Date, freeze: string[] = [], folder = MIGRATIONS_FOLDER): Promise<string> {
  if (!/^[a-z0-9][a-z0-9_-]*$/.test(name)) {
    throw new Error(`"${name}" will not do as a name: use small letters, digits, _ and -, such as add_delivery_priority.`);
  }
  const known = describeCollections();
  const unknown = freeze.filter((wanted) => !known.some((collection) => collection.name === wanted));
  if (unknown.length > 0) {
    throw new Error(`There is no collection ${unknown.join(', ')}; there are ${known.map((collection) => collection.name).join(', ')}.`);
  }

  const stamp = now.toISOString().replaceAll(/\D/g, '').slice(0, 'YYYYMMDDhhmmss'.length);
  const base = `${stamp}_${name}`;
  const path = fileURLToPath(new URL(`${base}.ts`, folder));
  if (freeze.length > 0) {
    const frozen = known.filter((collection) => freeze.includes(collection.name));
    await writeFile(new URL(`${base}.json`, folder), `${JSON.stringify(frozen, null, 2)}\n`, { flag: 'wx' });
  }
  await writeFile(path, freeze.length > 0 ? frozenTemplate(base) : TEMPLATE, { flag: 'wx' });
  return path;
}

const TEMPLATE = `import type { Db } from 'mongodb';

// What changes, and why. It may be cut off and run again, so each step must bear repetition; it imports nothing of src/, which moves on.

export async function up(db: Db): Promise<void> {
  throw new Error(\`This migration of \${db.databaseName} is not written yet.\`);
}

export async function down(db: Db): Promise<void> {
  throw new Error(\`The way back for \${db.databaseName} is not written yet.\`);
}
`;

const frozenTemplate = (base: string): string => `import type { Db } from 'mongodb';
import { applyCollections, type FrozenCollection } from './lib/collections.ts';
import frozen from './${base}.json' with { type: 'json' };

// What changes, and why. Indexes that are no longer asked for are not dropped by themselves.
const collections = frozen as unknown as FrozenCollection[];

export async function up(db: Db): Promise<void> {
  await applyCollections(db, collections);
}

export async function down(db: Db): Promise<void> {
  throw new Error(\`The way back for \${db.databaseName} is not written yet.\`);
}
`;
