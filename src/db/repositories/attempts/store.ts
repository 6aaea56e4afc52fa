import { ObjectId, type Db } from 'mongodb';
import { groupedFind } from '#src/db/grouped/find.ts';
import { groupedInsert, type Inserted } from '#src/db/grouped/insert.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';

export interface AttemptStore {
  find(id: string): Promise<CallAttemptDoc | null>;
  /** One delivery's attempts, first to last. */
  ofDelivery(deliveryId: ObjectId): Promise<CallAttemptDoc[]>;
  /** `duplicate` when the delivery already has an attempt of this number. */
  insert(attempt: CallAttemptDoc): Promise<Inserted>;
}

/** Reading and planning attempts. Their later moves are in `claims.ts` and `progress.ts`. */
export function createAttemptStore(db: Db): AttemptStore {
  const attempts = db.collection<CallAttemptDoc>('callattempts');
  const findById = groupedFind<CallAttemptDoc, ObjectId>(attempts, '_id');
  return {
    find: (id) => findById(new ObjectId(id)),
    ofDelivery: (deliveryId) => attempts.find({ delivery_id: deliveryId }).sort({ number: 1 }).toArray(),
    insert: groupedInsert(attempts),
  };
}
