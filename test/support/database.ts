import { MongoClient, type Db } from 'mongodb';
import { afterAll } from 'vitest';
import { migrate } from '#scripts/migrations/migrator.ts';
import { freshMongoUri } from './services.ts';

let client: MongoClient | undefined;
let ready: Promise<Db> | undefined;

afterAll(async () => {
  await client?.close();
});

async function open(): Promise<Db> {
  // Without waiting for the disk: what survives a crash of MongoDB itself is not told here, and this is several times faster.
  client = await new MongoClient(freshMongoUri(), { writeConcern: { w: 1, journal: false } }).connect();
  await migrate(client.db());
  return client.db();
}

/**
 * The test file's own database, migrated by the real migration and empty. Migrating takes about a second and emptying 50 ms (measured), so
 * it is migrated once a file, and every call empties it: tests of one file run one after the other.
 */
export async function emptyDatabase(): Promise<Db> {
  const db = await (ready ??= open());
  const collections = (await db.collections()).filter(({ collectionName }) => !collectionName.startsWith('migration'));
  await Promise.all(collections.map((collection) => collection.deleteMany({})));
  return db;
}
