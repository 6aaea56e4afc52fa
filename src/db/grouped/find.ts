import type { Collection, Document, Filter, ObjectId, WithId } from 'mongodb';
import { createGroupCommit } from './group-commit.ts';

/** Reads one document by a unique field; callers that meet share one `$in`. Resolves with null where there is none. */
export function groupedFind<Doc extends Document, Key extends ObjectId | string>(
  collection: Collection<Doc>,
  field: string,
  projection?: Document,
): (key: Key) => Promise<WithId<Doc> | null> {
  return groupedFindBy<Doc, Key>(
    collection,
    (keys) => ({ [field]: { $in: keys } }),
    (doc) => String((doc as Document)[field]),
    projection,
  );
}

/** The same for a key of several fields: `filterOf` may find more than was asked for, `keyOf` tells which is which. */
export function groupedFindBy<Doc extends Document, Key extends { toString(): string }>(
  collection: Collection<Doc>,
  filterOf: (keys: Key[]) => Document,
  keyOf: (doc: WithId<Doc>) => string,
  projection?: Document,
): (key: Key) => Promise<WithId<Doc> | null> {
  const group = createGroupCommit<Key, WithId<Doc> | null>(async (keys) => {
    const found = await collection.find(filterOf(keys) as Filter<Doc>, projection ? { projection } : {}).toArray();
    const byKey = new Map(found.map((doc) => [keyOf(doc), doc]));
    return keys.map((key) => ({ ok: true, value: byKey.get(String(key)) ?? null }));
  });
  return group.submit;
}
