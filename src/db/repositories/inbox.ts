import { ObjectId, type Db } from 'mongodb';
import { groupedFind } from '#src/db/grouped/find.ts';
import { groupedInsert, type Inserted } from '#src/db/grouped/insert.ts';
import type { WebhookEventDoc } from '#src/db/models/webhookevents.ts';
import type { Time } from '#src/platform/time.ts';

/** What Twilio told us, filed before it is answered. */
export interface Inbox {
  /** `duplicate` when this event was filed before. */
  file(event: WebhookEventDoc): Promise<Inserted>;
  find(id: string): Promise<WebhookEventDoc | null>;
  /** All events of one attempt, in no particular order. */
  ofAttempt(attemptId: ObjectId): Promise<WebhookEventDoc[]>;
  /** Closes events that are in the documents now. */
  applied(ids: ObjectId[]): Promise<void>;
  refused(id: ObjectId, reason: string): Promise<void>;
}

export function createInbox(db: Db, time: Time): Inbox {
  const events = db.collection<WebhookEventDoc>('webhookevents');
  const findById = groupedFind<WebhookEventDoc, ObjectId>(events, '_id');
  return {
    file: groupedInsert(events),
    find: (id) => findById(new ObjectId(id)),
    ofAttempt: (attemptId) => events.find({ attempt_id: attemptId }).toArray(),
    applied: async (ids) => {
      await events.updateMany({ _id: { $in: ids }, state: 'received' }, { $set: { state: 'applied', applied_at: time.now() } });
    },
    refused: async (id, reason) => {
      await events.updateOne({ _id: id, state: 'received' }, { $set: { state: 'refused', reason, applied_at: time.now() } });
    },
  };
}
