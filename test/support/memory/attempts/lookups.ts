import type { AttemptLookups } from '#src/db/repositories/attempts/lookups.ts';
import type { Time } from '#src/platform/time.ts';
import type { RoundTrip } from '../round-trip.ts';
import type { Store } from '../store.ts';

const ENOUGH = 2;

export function memoryLookups({ attempts }: Store, time: Time, trip: RoundTrip): AttemptLookups {
  return {
    async lookedUpInVain({ _id, epoch, lookups }) {
      const before = lookups?.empty ?? 0;
      const empty = before + 1;
      const now = time.now();
      const closes = empty >= ENOUGH;
      const held = await trip('attempts.lookedUpInVain', () =>
        attempts.update(
          _id,
          (doc) => doc.state === 'unknown' && doc.epoch === epoch && (doc.lookups?.empty ?? 0) === before,
          (doc) => ({
            ...doc,
            lookups: { count: (lookups?.count ?? 0) + 1, empty, last_at: now },
            updatedAt: now,
            ...(closes ? { state: 'not_placed', outcome: 'not_placed', finished_at: now, follow_up: 'due' } : {}),
          }),
        ),
      );
      return held && closes;
    },
    async lookedUp({ _id }) {
      const now = time.now();
      await trip('attempts.lookedUp', () =>
        attempts.update(
          _id,
          () => true,
          // Of a first look-up that failed MongoDB stores no `empty`.
          (doc) => ({ ...doc, lookups: { ...(doc.lookups as { empty: number }), count: (doc.lookups?.count ?? 0) + 1, last_at: now } }),
        ),
      );
    },
  };
}
