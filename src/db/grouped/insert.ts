import type { Collection, Document, OptionalUnlessRequiredId } from 'mongodb';
import { createGroupCommit, type Settled } from './group-commit.ts';
import { refusedWrites, type RefusedWrite } from './refused-writes.ts';
import { flawOf } from './storable.ts';

export type Inserted = 'inserted' | 'duplicate';

const DUPLICATE_KEY = 11_000;

/**
 * Inserts with group commit: callers that meet share one `insertMany`. A duplicate key is that caller's own answer; any other
 * refusal of its document (a validator, say) rejects that caller alone, with a `RefusedWrite`.
 */
export function groupedInsert<Doc extends Document>(collection: Collection<Doc>): (doc: Doc) => Promise<Inserted> {
  const insertAll = async (docs: Doc[]): Promise<Settled<Inserted>[]> => {
    try {
      await collection.insertMany(docs as OptionalUnlessRequiredId<Doc>[], { ordered: false });
      return docs.map((): Settled<Inserted> => ({ ok: true, value: 'inserted' }));
    } catch (error) {
      const refused = refusedWrites(error);
      if (!refused) throw error;
      return settle(docs.length, refused);
    }
  };
  return createGroupCommit<Doc, Inserted>(async (docs) => {
    try {
      return await insertAll(docs);
    } catch (error) {
      // A document that cannot be serialised has stopped the group before anything was sent: it fails alone, the others go without it. (To try
      // each beforehand would serialise everything twice.)
      const flaws = docs.map(flawOf);
      if (!flaws.some((flaw) => flaw)) throw error;
      const sound = docs.filter((_, index) => !flaws[index]);
      const settled = sound.length > 0 ? await insertAll(sound) : [];
      return flaws.map((flaw) => (flaw ? { ok: false, ...flaw } : (settled.shift() as Settled<Inserted>)));
    }
  }).submit;
}

function settle(count: number, refused: Map<number, RefusedWrite>): Settled<Inserted>[] {
  const results: Settled<Inserted>[] = Array.from({ length: count }, () => ({ ok: true, value: 'inserted' }));
  for (const [index, error] of refused)
    results[index] = error.code === DUPLICATE_KEY ? { ok: true, value: 'duplicate' } : { ok: false, error };
  return results;
}
