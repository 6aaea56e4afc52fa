import type { Db, UpdateFilter } from 'mongodb';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newSystemMetric } from '#src/db/documents/system-metric.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { ControlDoc } from '#src/db/models/controls.ts';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { SystemMetricDoc } from '#src/db/models/systemmetrics.ts';
import type { Time } from '#src/platform/time.ts';

export interface MetricPoint {
  type: string;
  value: number;
  unit: string;
  tags?: Record<string, string>;
  source?: string;
}

/** How the attempts that ended in one window went. */
export interface EndedAttempts {
  byOutcome: { outcome: string; count: number }[];
  retries: number;
  averageDurationSeconds: number | null;
}

export interface SystemMetrics {
  endedAttempts(from: Date, until: Date): Promise<EndedAttempts>;
  deliveriesByStatus(): Promise<{ status: string; count: number }[]>;
  /** Writes what was counted in one window. Counted again, it replaces what was there. */
  writeCounts(windowEnd: Date, points: MetricPoint[]): Promise<void>;
  /** Writes what was seen at one window's end. A point that is there already stays: that moment is over. */
  writeSnapshot(windowEnd: Date, points: MetricPoint[]): Promise<void>;
  /** The end of the last window that was counted; null before the first. */
  countedUntil(): Promise<Date | null>;
  /** Moves that mark on; false when another run did. */
  advance(from: Date | null, until: Date): Promise<boolean>;
}

type Fields = Omit<SystemMetricDoc, '_id'>;

const MARK = 'metrics-rollup';

export function createSystemMetrics(db: Db, time: Time): SystemMetrics {
  const attempts = db.collection<CallAttemptDoc>('callattempts');
  const controls = db.collection<ControlDoc>('controls');
  const metrics = db.collection<SystemMetricDoc>('systemmetrics');
  return {
    async endedAttempts(from, until) {
      // Those that were dialed: an attempt that was closed before is no call that failed.
      const match = { $match: { finished_at: { $gte: from, $lt: until }, claimed_at: { $exists: true } } };
      const byOutcome = await attempts
        .aggregate<{ _id: string; count: number; retries: number }>([
          match,
          { $group: { _id: '$outcome', count: { $sum: 1 }, retries: { $sum: { $cond: [{ $gt: ['$number', 1] }, 1, 0] } } } },
          { $sort: { _id: 1 } },
        ])
        .toArray();
      const [durations] = await attempts
        .aggregate<{ average: number | null }>([
          match,
          { $match: { call_sid: { $exists: true } } },
          { $lookup: { from: 'calllogs', localField: 'call_sid', foreignField: 'call_sid', as: 'call' } },
          { $group: { _id: null, average: { $avg: { $first: '$call.duration' } } } },
        ])
        .toArray();
      return {
        byOutcome: byOutcome.map(({ _id, count }) => ({ outcome: _id, count })),
        retries: byOutcome.reduce((sum, row) => sum + row.retries, 0),
        averageDurationSeconds: durations?.average ?? null,
      };
    },
    async deliveriesByStatus() {
      const rows = await db
        .collection<DeliveryDoc>('deliveries')
        .aggregate<{ _id: string; count: number }>([{ $group: { _id: '$status', count: { $sum: 1 } } }, { $sort: { _id: 1 } }])
        .toArray();
      return rows.map(({ _id, count }) => ({ status: _id, count }));
    },
    writeCounts: (windowEnd, points) => upsert(windowEnd, points, ({ value, ...fields }) => ({ $set: { value }, $setOnInsert: fields })),
    writeSnapshot: (windowEnd, points) => upsert(windowEnd, points, (fields) => ({ $setOnInsert: fields })),
    countedUntil: async () => (await controls.findOne({ _id: MARK }))?.until ?? null,
    async advance(from, until) {
      if (from === null) await controls.updateOne({ _id: MARK }, { $setOnInsert: { updatedAt: time.now() } }, { upsert: true });
      const guard = from === null ? { until: { $exists: false } } : { until: from };
      return (await controls.updateOne({ _id: MARK, ...guard }, { $set: { until, updatedAt: time.now() } })).matchedCount === 1;
    },
  };

  async function upsert(
    windowEnd: Date,
    points: MetricPoint[],
    updateOf: (fields: Fields) => UpdateFilter<SystemMetricDoc>,
  ): Promise<void> {
    if (points.length === 0) return;
    await metrics.bulkWrite(
      points.map(({ type, value, unit, tags, source }) => {
        const _id = deterministicId(type, windowEnd.getTime(), JSON.stringify(tags ?? {}));
        const { _id: _, ...fields } = newSystemMetric(
          { _id, metric_type: type, timestamp: windowEnd, value, unit, ...(tags ? { tags } : {}), ...(source ? { source } : {}) },
          time.now(),
        );
        return { updateOne: { filter: { _id }, update: updateOf(fields), upsert: true } };
      }),
      { ordered: false },
    );
  }
}
