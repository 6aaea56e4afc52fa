import { MongoClient, type Db } from 'mongodb';
import { afterAll } from 'vitest';
import { migrate } from '#scripts/migrations/migrator.ts';
import { freshMongoUri } from '#test/support/services.ts';

const clients: MongoClient[] = [];

afterAll(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

/** A database of its own, still empty. Closed at the end of the test file. */
export function emptyDatabase(uri = freshMongoUri()): Db {
  const client = new MongoClient(uri);
  clients.push(client);
  return client.db();
}

/** The same, migrated. */
export async function migratedDatabase(): Promise<Db> {
  const db = emptyDatabase();
  await migrate(db);
  return db;
}

/** What a database has: its collections with validators, and the indexes beside `_id_`, in the form in which the models are described. */
export async function liveCollections(db: Db): Promise<object[]> {
  const infos = await db.listCollections().toArray();
  const ours = infos.filter(({ name }) => name !== 'migrations' && name !== 'migrationlocks');
  return Promise.all(
    ours.map(async (info) => {
      const indexes = await db.collection(info.name).listIndexes().toArray();
      return {
        name: info.name,
        validator: ('options' in info && info.options['validator']) || {},
        indexes: indexes.filter(({ name }) => name !== '_id_').map(({ v: _v, '2dsphereIndexVersion': _version, ...index }) => index),
      };
    }),
  );
}
