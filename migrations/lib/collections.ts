import { MongoServerError, type Db, type Document, type IndexDescription } from 'mongodb';

/** A collection as a migration froze it: names, and what the server takes as it stands. */
export interface FrozenCollection {
  name: string;
  validator: Document;
  indexes: (IndexDescription & { name: string })[];
}

const NAMESPACE_EXISTS = 48;

/**
 * Creates the collections, or brings existing ones to this validator, and builds the indexes that are missing. Bears repetition.
 * Documents that do not satisfy the validator stay, and stay writable (`moderate`). An index that exists under other keys or options is an error.
 */
export async function applyCollections(db: Db, collections: FrozenCollection[]): Promise<void> {
  for (const { name, validator, indexes } of collections) {
    const options = { validator, validationLevel: 'moderate', validationAction: 'error' } as const;
    try {
      await db.createCollection(name, options);
    } catch (error) {
      if (!(error instanceof MongoServerError) || error.code !== NAMESPACE_EXISTS) throw error;
      await db.command({ collMod: name, ...options });
    }
    if (indexes.length > 0) await db.collection(name).createIndexes(indexes);
  }
}

/** Takes the validators and indexes away again, and the collections that are empty. One that holds documents is never dropped. */
export async function revertCollections(db: Db, collections: FrozenCollection[]): Promise<void> {
  for (const { name, indexes } of collections) {
    const collection = db.collection(name);
    if (!(await db.listCollections({ name }, { nameOnly: true }).hasNext())) continue;
    if (!(await collection.findOne({}, { projection: { _id: 1 } }))) {
      await collection.drop();
      continue;
    }
    await db.command({ collMod: name, validator: {}, validationLevel: 'strict' });
    const existing = new Set((await collection.indexes()).map((index) => index.name));
    for (const index of indexes) if (existing.has(index.name)) await collection.dropIndex(index.name);
  }
}
