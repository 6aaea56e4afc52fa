import type { Db } from 'mongodb';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { Time } from '#src/platform/time.ts';
import { createMark, type Mark } from './mark.ts';
import { createMetricPoints, type MetricPoints } from './metric-points.ts';

/** How the attempts that ended in one window went. */
export interface EndedAttempts {
  byOutcome: { outcome: string; count: number }[];
  retries: number;
  averageDurationSeconds: number | null;
}

export interface SystemMetrics {
  endedAttempts(from: Date, until: Date): Promise<EndedAttempts>;
  deliveriesByStatus(): Promise<{ status: string; count: number }[]>;
  points: MetricPoints;
  /** The end of the last window that was counted. */
  counted: Mark;
}

export function createSystemMetrics(db: Db, time: Time): SystemMetrics {
  const attempts = db.collection<CallAttemptDoc>('callattempts');
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
    points: createMetricPoints(db, time),
    counted: createMark(db, 'metrics-rollup', time),
  };
}
