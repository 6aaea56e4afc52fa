import type { Walk, WorkWalks } from '#src/db/repositories/work-walks.ts';
import { ordered } from './ordered.ts';
import type { RoundTrip } from './round-trip.ts';
import type { Store } from './store.ts';
import type { Identified, Table } from './table.ts';

const PAGE = 1000;
const MOST_PAGES = 200;

export function memoryWorkWalks(store: Store, trip: RoundTrip, page = PAGE): WorkWalks {
  const { attempts, deliveries, notifications, recordings, webhookEvents } = store;

  /** All at once, as a cursor sees it that is read to its end or not at all. */
  async function* newestFirst<Doc extends Identified & { updatedAt: Date }>(
    what: string,
    table: Table<Doc>,
    test: (doc: Doc) => boolean,
    after: Date,
  ): Walk<Doc> {
    const newest = await trip(`walks.${what}`, () =>
      table
        .filter((doc) => test(doc) && doc.updatedAt > after)
        .toSorted(ordered(({ updatedAt }) => updatedAt))
        .toReversed(),
    );
    for (let from = 0; from < newest.length; from += page) yield newest.slice(from, from + page);
  }

  /** Goes on where it was, by the field and the id: what has moved on meanwhile is left out, as a cursor would. */
  async function* walk<Doc extends Identified>(
    what: string,
    table: Table<Doc>,
    test: (doc: Doc) => boolean,
    field: (doc: Doc) => Date | undefined,
  ): Walk<Doc> {
    const order = ordered(field);
    for (let last: Doc | undefined; ;) {
      const after = last;
      const docs = await trip(`walks.${what}`, () =>
        table
          .filter((doc) => test(doc) && (after === undefined || order(after, doc) < 0))
          .toSorted(order)
          .slice(0, page),
      );
      if (docs.length > 0) yield docs;
      if (docs.length < page) return;
      last = docs.at(-1);
    }
  }

  return {
    planned: (dueBy) =>
      walk(
        'planned',
        attempts,
        (doc) => doc.state === 'planned' && doc.due_at <= dueBy,
        ({ due_at }) => due_at,
      ),
    followUps: (before) =>
      walk(
        'followUps',
        attempts,
        (doc) => doc.follow_up === 'due' && doc.updatedAt < before,
        ({ updatedAt }) => updatedAt,
      ),
    recordingsToCopy: (before) =>
      walk(
        'recordingsToCopy',
        attempts,
        (doc) => doc.recording?.state === 'pending' && doc.updatedAt < before,
        ({ updatedAt }) => updatedAt,
      ),
    events: (before) =>
      walk(
        'events',
        webhookEvents,
        (doc) => doc.state === 'received' && doc.received_at < before,
        ({ received_at }) => received_at,
      ),
    recordingsToProcess: (before) =>
      walk(
        'recordingsToProcess',
        recordings,
        (doc) => (doc.processing_status === 'pending' || doc.processing_status === 'processing') && doc.updatedAt < before,
        ({ updatedAt }) => updatedAt,
      ),
    notifications: (before) =>
      walk(
        'notifications',
        notifications,
        (doc) => (doc.state === 'pending' || doc.state === 'sending') && doc.createdAt < before,
        ({ createdAt }) => createdAt,
      ),
    cancellations: (before) =>
      walk(
        'cancellations',
        deliveries,
        (doc) => doc.cancel_follow_up === 'due' && doc.updatedAt < before,
        ({ updatedAt }) => updatedAt,
      ),
    failedNotifications: (after) => newestFirst('failedNotifications', notifications, ({ state }) => state === 'failed', after),
    failedCopies: (after) => newestFirst('failedCopies', attempts, ({ recording }) => recording?.state === 'failed', after),
    failedRecordings: (after) =>
      newestFirst('failedRecordings', recordings, ({ processing_status }) => processing_status === 'failed', after),
    async *withoutAttempt(dueBefore) {
      const overdue = await trip('walks.overdue', () =>
        deliveries
          .filter(({ contact }) => contact.state === 'pending' && contact.next_at !== undefined && contact.next_at < dueBefore)
          .toSorted(ordered(({ contact }) => contact.next_at))
          .slice(0, MOST_PAGES * page),
      );
      for (let from = 0; from < overdue.length; from += page) {
        const some = overdue.slice(from, from + page);
        const orphans = await trip('walks.lackingAttempt', () =>
          some.filter(({ _id }) => attempts.filter(({ delivery_id }) => delivery_id.equals(_id)).length === 0),
        );
        if (orphans.length > 0) {
          yield await trip('walks.withoutAttempt', () => orphans.map(({ _id }) => deliveries.get(_id)).filter((doc) => doc !== null));
        }
      }
    },
  };
}
