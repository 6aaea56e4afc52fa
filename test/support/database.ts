import { MongoClient, type Db } from 'mongodb';
import { afterAll } from 'vitest';
import { empty, migratedMongoUri } from './migrated-database.ts';

let client: MongoClient | undefined;
let ready: Promise<Db> | undefined;

afterAll(async () => {
  await client?.close();
});

async function open(): Promise<Db> {
  // Without waiting for the disk: what survives a crash of MongoDB itself is not told here, and this is several times faster.
  client = await new MongoClient(await migratedMongoUri(), { writeConcern: { w: 1, journal: false } }).connect();
  return client.db();
}

/** The test file's own database, migrated by the real migrations and empty. Every call empties it: tests of one file run one after the other. */
export async function emptyDatabase(): Promise<Db> {
  const db = await (ready ??= open());
  await empty(db);
  return db;
}
