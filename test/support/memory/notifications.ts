import { ObjectId } from 'mongodb';
import type { NotificationDoc } from '#src/db/models/notifications.ts';
import type { Notifications } from '#src/db/repositories/notifications.ts';
import type { Time } from '#src/platform/time.ts';
import type { RoundTrip } from './round-trip.ts';
import type { Store } from './store.ts';
import { without } from './without.ts';

const HELD_MS = 30_000;

export function memoryNotifications({ notifications }: Store, time: Time, trip: RoundTrip): Notifications {
  const move = (what: string, id: ObjectId, epoch: number, set: Partial<NotificationDoc>) => {
    const at = time.now();
    return trip(`notifications.${what}`, () =>
      notifications.update(
        id,
        (doc) => doc.state === 'sending' && doc.epoch === epoch,
        (doc) => ({ ...doc, ...set, updatedAt: at }),
      ),
    );
  };
  return {
    find: (id) => trip('notifications.find', () => notifications.get(new ObjectId(id))),
    intend: (notification) => trip('notifications.intend', () => notifications.insert(notification)),
    async claim({ _id, epoch }) {
      const now = time.now();
      const dead = now.getTime() - time.span(HELD_MS);
      const mayClaim = (doc: NotificationDoc) =>
        doc.epoch === epoch &&
        (doc.state === 'pending' ||
          doc.state === 'failed' ||
          (doc.state === 'sending' && doc.claimed_at !== undefined && doc.claimed_at.getTime() < dead));
      const held = await trip('notifications.claim', () =>
        notifications.update(_id, mayClaim, (doc) =>
          without({ ...doc, state: 'sending', epoch: epoch + 1, claimed_at: now, updatedAt: now, attempts: doc.attempts + 1 }, ['reason']),
        ),
      );
      return held ? { epoch: epoch + 1, claimedAt: now } : null;
    },
    sent: (id, epoch) => move('sent', id, epoch, { state: 'sent', sent_at: time.now() }),
    release: (id, epoch) => move('release', id, epoch, { state: 'pending' }),
    skipped: (id, epoch, reason) => move('skipped', id, epoch, { state: 'skipped', reason }),
    failed: (id, epoch, reason) => move('failed', id, epoch, { state: 'failed', reason }),
  };
}
