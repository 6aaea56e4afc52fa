import type { Db } from 'mongodb';
import type { ControlDoc } from '#src/db/models/controls.ts';
import type { Time } from '#src/platform/time.ts';

/** How far a task that goes through time has come: the end of what it has done. */
export interface Mark {
  /** Null before the first. */
  until(): Promise<Date | null>;
  /** Moves the mark on; false when another run did. */
  advance(from: Date | null, until: Date): Promise<boolean>;
}

export function createMark(db: Db, name: string, time: Time): Mark {
  const controls = db.collection<ControlDoc>('controls');
  return {
    until: async () => (await controls.findOne({ _id: name }))?.until ?? null,
    async advance(from, until) {
      if (from === null) await controls.updateOne({ _id: name }, { $setOnInsert: { updatedAt: time.now() } }, { upsert: true });
      const guard = from === null ? { until: { $exists: false } } : { until: from };
      return (await controls.updateOne({ _id: name, ...guard }, { $set: { until, updatedAt: time.now() } })).matchedCount === 1;
    },
  };
}
