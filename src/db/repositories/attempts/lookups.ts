import type { Db } from 'mongodb';
import { groupedUpdate } from '#src/db/grouped/update.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { Time } from '#src/platform/time.ts';

export interface AttemptLookups {
  /** Counts a look-up at Twilio that found no call. The second closes the attempt as `not_placed`; true when this was it. */
  lookedUpInVain(attempt: CallAttemptDoc): Promise<boolean>;
  /** Counts a look-up that proves nothing: it failed, or the call goes on. Not a change of the attempt: `updatedAt` stays. */
  lookedUp(attempt: Pick<CallAttemptDoc, '_id'>): Promise<void>;
}

const ENOUGH = 2;

export function createAttemptLookups(db: Db, time: Time): AttemptLookups {
  const update = groupedUpdate<CallAttemptDoc>(db.collection<CallAttemptDoc>('callattempts'));
  return {
    async lookedUpInVain({ _id, epoch, lookups }) {
      const before = lookups?.empty ?? 0;
      const empty = before + 1;
      const now = time.now();
      const closes = empty >= ENOUGH;
      const held = await update({
        _id,
        guard: { state: 'unknown', epoch, 'lookups.empty': before === 0 ? { $in: [null, 0] } : before },
        update: {
          $set: {
            lookups: { count: (lookups?.count ?? 0) + 1, empty, last_at: now },
            updatedAt: now,
            ...(closes ? { state: 'not_placed', outcome: 'not_placed', finished_at: now, follow_up: 'due' } : {}),
          },
        },
      });
      return held && closes;
    },
    lookedUp: async ({ _id }) => {
      await update({ _id, guard: {}, update: { $set: { 'lookups.last_at': time.now() }, $inc: { 'lookups.count': 1 } } });
    },
  };
}
