import type { Db, Filter } from 'mongodb';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { NotificationDoc } from '#src/db/models/notifications.ts';
import type { RecordingDoc } from '#src/db/models/recordings.ts';
import type { WebhookEventDoc } from '#src/db/models/webhookevents.ts';

/** Every kind of pending work, read off the state alone, each through an index made for its question. Oldest first, `limit` at the most. */
export interface WorkLists {
  /** Attempts waiting to be dialed, due before `before`. `after` continues a walk. */
  planned(before: Date, limit: number, after?: Pick<CallAttemptDoc, 'due_at' | '_id'>): Promise<CallAttemptDoc[]>;
  /** Claims whose run never said what came of them. */
  abandonedClaims(claimedBefore: Date, limit: number): Promise<CallAttemptDoc[]>;
  unknown(limit: number): Promise<CallAttemptDoc[]>;
  /** Calls that should have ended by now. */
  silentCalls(submittedBefore: Date, limit: number): Promise<CallAttemptDoc[]>;
  /** Final attempts whose retry was not decided. */
  followUps(before: Date, limit: number): Promise<CallAttemptDoc[]>;
  /** Recordings at Twilio that were not copied, or not announced yet. */
  recordingsToCopy(before: Date, limit: number): Promise<CallAttemptDoc[]>;
  events(before: Date, limit: number): Promise<WebhookEventDoc[]>;
  recordingsToProcess(before: Date, limit: number): Promise<RecordingDoc[]>;
  notifications(before: Date, limit: number): Promise<NotificationDoc[]>;
  /** Deliveries that should have been called by now and have no attempt: their ingestion died half way. */
  withoutAttempt(dueBefore: Date, limit: number): Promise<DeliveryDoc[]>;
}

export function createWorkLists(db: Db): WorkLists {
  const attempts = db.collection<CallAttemptDoc>('callattempts');
  const deliveries = db.collection<DeliveryDoc>('deliveries');
  const list = (filter: Filter<CallAttemptDoc>, field: string, limit: number) =>
    attempts
      .find(filter)
      .sort({ [field]: 1, _id: 1 })
      .limit(limit)
      .toArray();
  /** The bound besides the condition: the index starts where the page before ended, and not at the beginning. */
  const dueBy = (before: Date, after?: Pick<CallAttemptDoc, 'due_at' | '_id'>): Filter<CallAttemptDoc> =>
    after
      ? { due_at: { $gte: after.due_at, $lte: before }, $or: [{ due_at: { $gt: after.due_at } }, { _id: { $gt: after._id } }] }
      : { due_at: { $lte: before } };

  return {
    planned: (before, limit, after) => list({ state: 'planned', ...dueBy(before, after) }, 'due_at', limit),
    abandonedClaims: (claimedBefore, limit) => list({ state: 'submitting', claimed_at: { $lt: claimedBefore } }, 'claimed_at', limit),
    unknown: (limit) => list({ state: 'unknown' }, 'unknown_at', limit),
    silentCalls: (submittedBefore, limit) =>
      list({ state: { $in: ['submitted', 'in_progress'] }, submitted_at: { $lt: submittedBefore } }, 'submitted_at', limit),
    followUps: (before, limit) => list({ follow_up: 'due', updatedAt: { $lt: before } }, 'updatedAt', limit),
    recordingsToCopy: (before, limit) =>
      list({ 'recording.state': { $in: ['expected', 'pending'] }, updatedAt: { $lt: before } }, 'updatedAt', limit),
    events: (before, limit) =>
      db
        .collection<WebhookEventDoc>('webhookevents')
        .find({ state: 'received', received_at: { $lt: before } })
        .sort({ received_at: 1 })
        .limit(limit)
        .toArray(),
    recordingsToProcess: (before, limit) =>
      db
        .collection<RecordingDoc>('recordings')
        .find({ processing_status: { $in: ['pending', 'processing'] }, updatedAt: { $lt: before } })
        .sort({ updatedAt: 1 })
        .limit(limit)
        .toArray(),
    notifications: (before, limit) =>
      db
        .collection<NotificationDoc>('notifications')
        .find({ state: { $in: ['pending', 'sending'] }, createdAt: { $lt: before } })
        .sort({ createdAt: 1 })
        .limit(limit)
        .toArray(),
    async withoutAttempt(dueBefore, limit) {
      const overdue = await deliveries
        .find({ 'contact.state': 'pending', 'contact.next_at': { $lt: dueBefore } })
        .sort({ 'contact.next_at': 1 })
        .limit(limit)
        .toArray();
      const planned = await attempts
        .find({ delivery_id: { $in: overdue.map(({ _id }) => _id) } }, { projection: { delivery_id: 1 } })
        .toArray();
      const known = new Set(planned.map(({ delivery_id }) => delivery_id.toHexString()));
      return overdue.filter(({ _id }) => !known.has(_id.toHexString()));
    },
  };
}
