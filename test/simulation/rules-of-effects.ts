import type { NotificationDoc } from '#src/db/models/notifications.ts';
import { SECOND } from '#src/platform/time.ts';
import { MOST_SKEW_MS, type World } from './world.ts';

/** What a process does outside, which is repeated only where nobody can know whether it was done. */
export interface EffectRules {
  /** A push has come to the push service. */
  pushed(topic: string): void;
  /** An upload is about to begin. */
  uploading(key: string): void;
}

/** From the last look at what is stored to the upload; by clocks that may jump in between. */
const LATEST_UPLOAD_MS = 5 * SECOND + 2 * MOST_SKEW_MS;

/**
 * Row 4: each claim of a notification sends one push at the most, and none is sent when nobody holds it: a second one comes only of a
 * claim after one that was given back or has run out. Nobody begins to upload what has long been stored.
 */
export function watchEffects({ store, scheduler, fail }: World): EffectRules {
  const held = new Map<string, NotificationDoc>();
  const pushes = new Map<string, number>();
  const storedAt = new Map<string, number>();

  store.notifications.watch((_before, after) => {
    if (after) held.set(after.key, after);
  });
  store.attempts.watch((before, after) => {
    const sid = after?.recording?.sid;
    if (sid === undefined || after?.recording?.state !== 'stored' || before?.recording?.state === 'stored') return;
    storedAt.set(sid, scheduler.now());
  });

  return {
    pushed(topic) {
      const row = held.get(topic);
      if (row?.state !== 'sending') return fail(`row 4: notification ${topic} is ${String(row?.state)} and was pushed`);
      if (pushes.get(topic) === row.epoch) fail(`row 4: notification ${topic} was pushed twice under claim ${row.epoch}`);
      pushes.set(topic, row.epoch);
    },
    uploading(key) {
      const sid = key.slice(key.lastIndexOf('/') + 1, key.lastIndexOf('.'));
      const since = scheduler.now() - (storedAt.get(sid) ?? Infinity);
      if (since > LATEST_UPLOAD_MS) fail(`row 4: ${key} is uploaded ${Math.round(since)} ms after it was stored`);
    },
  };
}
