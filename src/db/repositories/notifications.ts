import { ObjectId, type Db } from 'mongodb';
import { groupedFind } from '#src/db/grouped/find.ts';
import { groupedInsert, type Inserted } from '#src/db/grouped/insert.ts';
import { groupedUpdate } from '#src/db/grouped/update.ts';
import type { NotificationDoc } from '#src/db/models/notifications.ts';
import type { Time } from '#src/platform/time.ts';

export interface NotificationClaim {
  /** What later writes must name. */
  epoch: number;
  claimedAt: Date;
}

export interface Notifications {
  find(id: string): Promise<NotificationDoc | null>;
  /** Says that a message is going to be sent; `duplicate` when that was said before. */
  intend(notification: NotificationDoc): Promise<Inserted>;
  /**
   * Takes the notification for sending, a `failed` one too: no work list has it, so that an operator is asking. Null: it is over,
   * or another run has it.
   */
  claim(notification: NotificationDoc): Promise<NotificationClaim | null>;
  sent(id: ObjectId, epoch: number): Promise<boolean>;
  /** Back to pending: surely not sent. */
  release(id: ObjectId, epoch: number): Promise<boolean>;
  skipped(id: ObjectId, epoch: number, reason: string): Promise<boolean>;
  failed(id: ObjectId, epoch: number, reason: string): Promise<boolean>;
}

/** A run that has held a notification for longer than this, in real milliseconds, is taken for dead. */
const HELD_MS = 30_000;

/** The push is refused by ourselves when it would start later than this after the claim, in real milliseconds: with its own two time-outs of 10 s it is over before another run may send. */
export const SEND_WITHIN_MS = 10_000;

export function createNotifications(db: Db, time: Time): Notifications {
  const notifications = db.collection<NotificationDoc>('notifications');
  const update = groupedUpdate(notifications);
  const findById = groupedFind<NotificationDoc, ObjectId>(notifications, '_id');
  const move = (_id: ObjectId, epoch: number, set: Partial<NotificationDoc>) =>
    update({ _id, guard: { state: 'sending', epoch }, update: { $set: { ...set, updatedAt: time.now() } } });
  return {
    find: (id) => findById(new ObjectId(id)),
    intend: groupedInsert(notifications),
    async claim({ _id, epoch }) {
      const claimedAt = time.now();
      const dead = new Date(claimedAt.getTime() - time.span(HELD_MS));
      const held = await update({
        _id,
        guard: { epoch, $or: [{ state: { $in: ['pending', 'failed'] } }, { state: 'sending', claimed_at: { $lt: dead } }] },
        update: {
          $set: { state: 'sending', epoch: epoch + 1, claimed_at: claimedAt, updatedAt: claimedAt },
          $unset: { reason: '' },
          $inc: { attempts: 1 },
        },
      });
      return held ? { epoch: epoch + 1, claimedAt } : null;
    },
    sent: (id, epoch) => move(id, epoch, { state: 'sent', sent_at: time.now() }),
    release: (id, epoch) => move(id, epoch, { state: 'pending' }),
    skipped: (id, epoch, reason) => move(id, epoch, { state: 'skipped', reason }),
    failed: (id, epoch, reason) => move(id, epoch, { state: 'failed', reason }),
  };
}
