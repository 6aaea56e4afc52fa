import type { Collection, Db, Document, Filter, FindCursor, ObjectId } from 'mongodb';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { NotificationDoc } from '#src/db/models/notifications.ts';
import type { RecordingDoc } from '#src/db/models/recordings.ts';
import type { WebhookEventDoc } from '#src/db/models/webhookevents.ts';

/** Page by page; whoever has seen enough just stops. */
export type Walk<Doc> = AsyncIterable<Doc[]>;

/**
 * All work that a job should be there for, read off the state alone, each through an index made for its question. What is pending comes oldest
 * first, and to the end and not a first page only: work whose job failed stays pending, and must not hide what comes after it.
 */
export interface WorkWalks {
  /** Attempts waiting to be dialed. */
  planned(dueBy: Date): Walk<CallAttemptDoc>;
  /** Final attempts whose retry was not decided. */
  followUps(before: Date): Walk<CallAttemptDoc>;
  /** Attempts whose recording is at Twilio and was not copied. */
  recordingsToCopy(before: Date): Walk<CallAttemptDoc>;
  events(before: Date): Walk<WebhookEventDoc>;
  recordingsToProcess(before: Date): Walk<RecordingDoc>;
  notifications(before: Date): Walk<NotificationDoc>;
  /** Cancelled deliveries whose request died before it had done all that this calls for. */
  cancellations(before: Date): Walk<DeliveryDoc>;
  /**
   * Deliveries that should have been called by now and have no attempt: their ingestion died half way. Found among all that are overdue,
   * of which the `MOST_PAGES` oldest pages are looked through.
   */
  withoutAttempt(dueBefore: Date): Walk<DeliveryDoc>;
  /** What was given up after that moment and waits for an operator, newest first: messages that were not sent, … */
  failedNotifications(after: Date): Walk<NotificationDoc>;
  /** … attempts whose recording could not be copied, … */
  failedCopies(after: Date): Walk<CallAttemptDoc>;
  /** … recordings that could not be transcribed or analysed. */
  failedRecordings(after: Date): Walk<RecordingDoc>;
}

const PAGE = 1000;
/** 200,000 overdue deliveries: hours of dialing, looked through in a few seconds. */
const MOST_PAGES = 200;

/** `page`: documents read, and handed out, at a time. */
export function createWorkWalks(db: Db, page = PAGE): WorkWalks {
  const attempts = db.collection<CallAttemptDoc>('callattempts');
  const deliveries = db.collection<DeliveryDoc>('deliveries');
  const notifications = db.collection<NotificationDoc>('notifications');
  const recordings = db.collection<RecordingDoc>('recordings');
  const walk = <Doc extends Document>(from: Collection<Doc>, filter: Filter<Doc>, field: string) =>
    pages(from.find(filter).sort({ [field]: 1 }), page);
  const newestFirst = <Doc extends Document>(from: Collection<Doc>, filter: Filter<Doc>) =>
    pages(from.find(filter).sort({ updatedAt: -1 }), page);

  return {
    planned: (dueBy) => walk(attempts, { state: 'planned', due_at: { $lte: dueBy } }, 'due_at'),
    followUps: (before) => walk(attempts, { follow_up: 'due', updatedAt: { $lt: before } }, 'updatedAt'),
    recordingsToCopy: (before) => walk(attempts, { 'recording.state': 'pending', updatedAt: { $lt: before } }, 'updatedAt'),
    events: (before) =>
      walk(db.collection<WebhookEventDoc>('webhookevents'), { state: 'received', received_at: { $lt: before } }, 'received_at'),
    recordingsToProcess: (before) =>
      walk(recordings, { processing_status: { $in: ['pending', 'processing'] }, updatedAt: { $lt: before } }, 'updatedAt'),
    notifications: (before) => walk(notifications, { state: { $in: ['pending', 'sending'] }, createdAt: { $lt: before } }, 'createdAt'),
    cancellations: (before) => walk(deliveries, { cancel_follow_up: 'due', updatedAt: { $lt: before } }, 'updatedAt'),
    failedNotifications: (after) => newestFirst(notifications, { state: 'failed', updatedAt: { $gt: after } }),
    failedCopies: (after) => newestFirst(attempts, { 'recording.state': 'failed', updatedAt: { $gt: after } }),
    failedRecordings: (after) => newestFirst(recordings, { processing_status: 'failed', updatedAt: { $gt: after } }),
    async *withoutAttempt(dueBefore) {
      const overdue = deliveries
        .find({ 'contact.state': 'pending', 'contact.next_at': { $lt: dueBefore } })
        .sort({ 'contact.next_at': 1 })
        .limit(MOST_PAGES * page)
        // Nearly all of them have their attempt: their ids will do.
        .project<{ _id: ObjectId }>({ _id: 1 });
      for await (const some of pages(overdue, page)) {
        const orphans = await lackingAttempt(some.map(({ _id }) => _id));
        if (orphans.length > 0) yield await deliveries.find({ _id: { $in: orphans } }).toArray();
      }
    },
  };

  async function lackingAttempt(ids: ObjectId[]): Promise<ObjectId[]> {
    // Without `_id` the index answers alone.
    const planned = await attempts.find({ delivery_id: { $in: ids } }, { projection: { _id: 0, delivery_id: 1 } }).toArray();
    const known = new Set(planned.map(({ delivery_id }) => delivery_id.toHexString()));
    return ids.filter((id) => !known.has(id.toHexString()));
  }
}

async function* pages<Doc>(cursor: FindCursor<Doc>, size: number): AsyncGenerator<Doc[]> {
  let page: Doc[] = [];
  for await (const doc of cursor.batchSize(size)) {
    page.push(doc);
    if (page.length < size) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
