import type { ObjectId } from 'mongodb';
import type { Inserted } from '#src/db/grouped/insert.ts';
import { RefusedWrite } from '#src/db/grouped/refused-writes.ts';

export interface Identified {
  _id: ObjectId | string;
}

/** Of two documents with the same key there is one; `undefined`: outside the index, as with a partial one. */
export interface UniqueIndex<Doc> {
  name: string;
  keyOf(doc: Doc): string | undefined;
}

export type Watcher<Doc> = (before: Doc | null, after: Doc | null) => void;

/** A collection in memory. Documents are never changed, only replaced, so that whoever has read one keeps what they read. */
export interface Table<Doc extends Identified> {
  get(id: Doc['_id']): Doc | null;
  /** By a unique index. */
  by(index: string, key: string): Doc | null;
  /** In the order of their birth. */
  filter(test: (doc: Doc) => boolean): Doc[];
  insert(doc: Doc): Inserted;
  /** One guarded write: whether the guard held. Throws `RefusedWrite` when a unique index forbids the change. */
  update(id: Doc['_id'], guard: (doc: Doc) => boolean, change: (doc: Doc) => Doc): boolean;
  remove(id: Doc['_id'], guard?: (doc: Doc) => boolean): void;
  /** Told of every change, after it. */
  watch(watcher: Watcher<Doc>): void;
}

const DUPLICATE_KEY = 11_000;

export const keyOf = (id: ObjectId | string): string => (typeof id === 'string' ? id : id.toHexString());

export function createTable<Doc extends Identified>(indexes: readonly UniqueIndex<Doc>[] = []): Table<Doc> {
  const docs = new Map<string, Doc>();
  const unique = indexes.map((index) => ({ ...index, held: new Map<string, string>() }));
  const watchers: Watcher<Doc>[] = [];

  const forbidden = (id: string, doc: Doc) =>
    unique.some((index) => {
      const key = index.keyOf(doc);
      const holder = key === undefined ? undefined : index.held.get(key);
      return holder !== undefined && holder !== id;
    });
  const put = (id: string, before: Doc | null, after: Doc | null) => {
    for (const index of unique) {
      const old = before === null ? undefined : index.keyOf(before);
      const key = after === null ? undefined : index.keyOf(after);
      if (old !== undefined && old !== key) index.held.delete(old);
      if (key !== undefined) index.held.set(key, id);
    }
    if (after === null) docs.delete(id);
    else docs.set(id, after);
    for (const watcher of watchers) watcher(before, after);
  };

  return {
    get: (id) => docs.get(keyOf(id)) ?? null,
    by(name, key) {
      const id = unique.find((index) => index.name === name)?.held.get(key);
      return id === undefined ? null : (docs.get(id) ?? null);
    },
    filter(test) {
      const found: Doc[] = [];
      for (const doc of docs.values()) if (test(doc)) found.push(doc);
      return found;
    },
    insert(doc) {
      const id = keyOf(doc._id);
      if (docs.has(id) || forbidden(id, doc)) return 'duplicate';
      put(id, null, doc);
      return 'inserted';
    },
    update(_id, guard, change) {
      const id = keyOf(_id);
      const before = docs.get(id);
      if (!before || !guard(before)) return false;
      const after = change(before);
      if (forbidden(id, after)) throw new RefusedWrite(DUPLICATE_KEY);
      put(id, before, after);
      return true;
    },
    remove(_id, guard = () => true) {
      const id = keyOf(_id);
      const before = docs.get(id);
      if (before && guard(before)) put(id, before, null);
    },
    watch: (watcher) => void watchers.push(watcher),
  };
}
