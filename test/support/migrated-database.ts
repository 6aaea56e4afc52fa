import { MongoClient, type Db } from 'mongodb';
import { afterAll, inject } from 'vitest';
import { migrate } from '#scripts/migrations/migrator.ts';
import { withDatabase } from './services.ts';

let taken = 0;
const found: { db: Db; shape: string }[] = [];
const client = new MongoClient(inject('mongodbUri'), { writeConcern: { w: 1, journal: false } });

afterAll(async () => {
  try {
    for (const { db, shape } of found) if ((await shapeOf(db)) !== shape) await db.dropDatabase();
  } finally {
    await client.close();
  }
});

/**
 * The address of a database that nobody else uses, migrated by the real migrations and empty.
 *
 * Migrating takes about a second and emptying 50 ms (measured), so each of vitest's workers keeps its databases from one test file to the
 * next: it runs one file at a time. One whose collections or indexes a file has changed is not kept. All are dropped at the end of the run
 * (global-setup.ts).
 */
export async function migratedMongoUri(): Promise<string> {
  taken += 1;
  const name = `${inject('keptDatabases')}-${process.env['VITEST_POOL_ID']}-${taken}`;
  const db = client.db(name);
  await migrate(db);
  found.push({ db, shape: await shapeOf(db) });
  await empty(db);
  await forgetPlans(db);
  return withDatabase(inject('mongodbUri'), name);
}

/** Removes all documents but the record of the migrations. */
export async function empty(db: Db): Promise<void> {
  await Promise.all((await collectionsOf(db)).map((collection) => collection.deleteMany({})));
}

/** How queries were best run among another file's documents is no advice for this one's. */
async function forgetPlans(db: Db): Promise<void> {
  await Promise.all((await collectionsOf(db)).map(({ collectionName }) => db.command({ planCacheClear: collectionName })));
}

const collectionsOf = async (db: Db) => (await db.collections()).filter(({ collectionName }) => !collectionName.startsWith('migration'));

/** Options and indexes of all collections, as text. */
async function shapeOf(db: Db): Promise<string> {
  const collections = await db.listCollections({}, { nameOnly: false }).toArray();
  const shapes = collections.map(async ({ name, options }) => ({ name, options, indexes: await db.collection(name).indexes() }));
  return JSON.stringify((await Promise.all(shapes)).toSorted((a, b) => (a.name < b.name ? -1 : 1)));
}
