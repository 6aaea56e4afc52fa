import {
  ObjectId,
  type AnyBulkWriteOperation,
  type Collection,
  type Document,
  type Filter,
  type MongoBulkWriteError,
  type UpdateFilter,
} from 'mongodb';
import { createGroupCommit, type Settled } from './group-commit.ts';
import { refusedWrites, type RefusedWrite } from './refused-writes.ts';
import { assertStorable } from './storable.ts';

export interface GuardedUpdate {
  _id: ObjectId;
  /** What must still be true of the document. */
  guard: Document;
  update: { $set?: Document; [operator: string]: Document | undefined };
}

/** Documents that are changed by guarded writes carry the mark of the last one. */
export interface Revised {
  revision?: ObjectId;
}

/**
 * Guarded updates with group commit: resolves with true when this caller's guard held and its write was made, false when not.
 * A bulk write does not tell which of its guards held, so each write leaves a mark of its own (`revision`) that is read back
 * when only some did. Rejects that caller alone with a `RefusedWrite` when the server refuses its write (a duplicate key, say).
 * A later write of another process between the two may make a held guard look lost: callers treat false as "someone else moved
 * it", never as "nothing happened".
 */
export function groupedUpdate<Doc extends Document & Revised>(collection: Collection<Doc>): (write: GuardedUpdate) => Promise<boolean> {
  const group = createGroupCommit<GuardedUpdate, boolean>(async (writes) => {
    const results: Settled<boolean>[] = [];
    const failures: unknown[] = [];
    const writeRound = async (round: Place[]): Promise<Settled<boolean>[]> => {
      // Whoever comes after a round that failed would wait for the same; whoever went before it has an answer.
      if (failures.length > 0) return [];
      const settled = flush(
        collection,
        round.map(({ write }) => write),
      );
      return settled.catch((error: unknown) => {
        failures.push(error);
        return [];
      });
    };
    // Two writes to one document go one after the other: the second would cover the first one's mark.
    for (const round of rounds(writes)) {
      const settled = await writeRound(round);
      round.forEach(({ index }, position) => {
        results[index] = settled[position] ?? { ok: false, error: failures[0] };
      });
    }
    return results;
  });
  return async (write) => {
    // A write that cannot be serialised would reject the whole group: it fails here, alone.
    assertStorable({ guard: write.guard, update: write.update });
    return group.submit(write);
  };
}

interface Place {
  write: GuardedUpdate;
  index: number;
}

function rounds(writes: GuardedUpdate[]): Place[][] {
  const seen = new Map<string, number>();
  const result: Place[][] = [];
  writes.forEach((write, index) => {
    const id = write._id.toHexString();
    const round = seen.get(id) ?? 0;
    seen.set(id, round + 1);
    (result[round] ??= []).push({ write, index });
  });
  return result;
}

async function flush<Doc extends Document & Revised>(collection: Collection<Doc>, writes: GuardedUpdate[]): Promise<Settled<boolean>[]> {
  const marks = writes.map(() => new ObjectId());
  const operations = writes.map(({ _id, guard, update }, index): AnyBulkWriteOperation<Doc> => ({
    updateOne: {
      filter: { _id, ...guard } as unknown as Filter<Doc>,
      update: { ...update, $set: { ...update.$set, revision: marks[index] } } as unknown as UpdateFilter<Doc>,
    },
  }));
  let refused = new Map<number, RefusedWrite>();
  let matched: number;
  try {
    matched = (await collection.bulkWrite(operations, { ordered: false })).matchedCount;
  } catch (error) {
    const some = refusedWrites(error);
    if (!some) throw error;
    refused = some;
    matched = (error as MongoBulkWriteError).result.matchedCount;
  }
  const held = await whichHeld(collection, writes, marks, matched, refused.size);
  return held.map((value, index) => (refused.has(index) ? { ok: false, error: refused.get(index) } : { ok: true, value }));
}

async function whichHeld<Doc extends Document & Revised>(
  collection: Collection<Doc>,
  writes: GuardedUpdate[],
  marks: ObjectId[],
  matched: number,
  refused: number,
): Promise<boolean[]> {
  if (matched === 0) return writes.map(() => false);
  if (matched === writes.length && refused === 0) return writes.map(() => true);
  const ids = writes.map(({ _id }) => _id);
  const found = await collection.find({ _id: { $in: ids } } as unknown as Filter<Doc>, { projection: { revision: 1 } }).toArray();
  const current = new Map(found.map((doc) => [String(doc._id), String((doc as Revised).revision)]));
  return writes.map(({ _id }, index) => current.get(_id.toHexString()) === String(marks[index]));
}
