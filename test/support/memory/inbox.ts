import { ObjectId } from 'mongodb';
import type { WebhookEventDoc } from '#src/db/models/webhookevents.ts';
import type { Inbox } from '#src/db/repositories/inbox.ts';
import type { Time } from '#src/platform/time.ts';
import type { RoundTrip } from './round-trip.ts';
import type { Store } from './store.ts';

const isReceived = ({ state }: WebhookEventDoc) => state === 'received';

export function memoryInbox({ webhookEvents: events }: Store, time: Time, trip: RoundTrip): Inbox {
  return {
    file: (event) => trip('inbox.file', () => events.insert(event)),
    find: (id) => trip('inbox.find', () => events.get(new ObjectId(id))),
    ofAttempt: (attemptId) => trip('inbox.ofAttempt', () => events.filter(({ attempt_id }) => attempt_id.equals(attemptId))),
    applied(ids) {
      const at = time.now();
      return trip('inbox.applied', () => {
        for (const id of ids) events.update(id, isReceived, (doc) => ({ ...doc, state: 'applied', applied_at: at }));
      });
    },
    refused: async (id, reason) => {
      const at = time.now();
      await trip('inbox.refused', () => events.update(id, isReceived, (doc) => ({ ...doc, state: 'refused', reason, applied_at: at })));
    },
  };
}
