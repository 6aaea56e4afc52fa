import type { Db } from 'mongodb';
import { groupedFind } from '#src/db/grouped/find.ts';
import { createGroupCommit, type Settled } from '#src/db/grouped/group-commit.ts';
import type { ControlDoc } from '#src/db/models/controls.ts';
import type { Time } from '#src/platform/time.ts';

export type Granted = { kind: 'granted' } | { kind: 'paused' } | { kind: 'over-budget'; until: Date };

/** The kill switch and the daily budget of calls, in MongoDB so that they hold while Redis is empty. */
export interface CallBudget {
  /** What `take` would say now, without taking anything. */
  look(): Promise<Granted>;
  /** Takes one call of today's budget, unless calling is switched off or the budget is spent. */
  take(): Promise<Granted>;
  /** Returns a call that was surely not placed. */
  giveBack(): Promise<void>;
}

/** The budget's day changes at midnight UTC. */
export function createCallBudget(db: Db, time: Time): CallBudget {
  const controls = db.collection<ControlDoc>('controls');
  const today = () => time.now().toISOString().slice(0, 10);

  /** Takes up to `wanted` calls in one guarded write, and says what was had. A document that is missing counts as switched on, without a budget. */
  const reserve = async (wanted: number): Promise<{ enabled: boolean; granted: number }> => {
    const day = today();
    const used = { $cond: [{ $eq: ['$day', day] }, { $ifNull: ['$used', 0] }, 0] };
    const room = { $max: [0, { $subtract: [{ $ifNull: ['$daily_budget', Number.MAX_SAFE_INTEGER] }, used] }] };
    const before = await controls.findOneAndUpdate(
      { _id: 'calls', enabled: { $ne: false } },
      [
        {
          $set: { enabled: { $ifNull: ['$enabled', true] }, used: { $add: [used, { $min: [room, wanted] }] }, day, updatedAt: time.now() },
        },
      ],
      { upsert: false, returnDocument: 'before' },
    );
    if (!before) {
      // Asked for by name: another process may have made the document just now.
      if (await controls.findOne({ _id: 'calls', enabled: false }, { projection: { _id: 1 } })) return { enabled: false, granted: 0 };
      await controls.updateOne(
        { _id: 'calls' },
        { $setOnInsert: { enabled: true, daily_budget: null, day, used: 0, updatedAt: time.now() } },
        { upsert: true },
      );
      return reserve(wanted);
    }
    const already = before['day'] === day ? Number(before['used'] ?? 0) : 0;
    const limit = typeof before['daily_budget'] === 'number' ? before['daily_budget'] : Infinity;
    return { enabled: true, granted: Math.min(wanted, Math.max(0, limit - already)) };
  };

  const tomorrow = () => new Date(Date.parse(`${today()}T00:00:00Z`) + 24 * 60 * 60 * 1000);
  const takes = createGroupCommit<undefined, Granted>(async (callers) => {
    const { enabled, granted } = await reserve(callers.length);
    return callers.map((_, index): Settled<Granted> => {
      if (!enabled) return { ok: true, value: { kind: 'paused' } };
      return { ok: true, value: index < granted ? { kind: 'granted' } : { kind: 'over-budget', until: tomorrow() } };
    });
  });

  const read = groupedFind<ControlDoc, string>(controls, '_id');

  return {
    async look() {
      const control = await read('calls');
      if (control?.['enabled'] === false) return { kind: 'paused' };
      const limit = control?.['daily_budget'];
      const used = control?.['day'] === today() ? Number(control['used'] ?? 0) : 0;
      return typeof limit === 'number' && used >= limit ? { kind: 'over-budget', until: tomorrow() } : { kind: 'granted' };
    },
    take: () => takes.submit(undefined),
    giveBack: async () => {
      await controls.updateOne({ _id: 'calls', day: today(), used: { $gt: 0 } }, { $inc: { used: -1 } });
    },
  };
}
