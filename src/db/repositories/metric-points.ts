import type { Db, UpdateFilter } from 'mongodb';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newSystemMetric } from '#src/db/documents/system-metric.ts';
import type { SystemMetricDoc } from '#src/db/models/systemmetrics.ts';
import type { Time } from '#src/platform/time.ts';

export interface MetricPoint {
  type: string;
  value: number;
  unit: string;
  tags?: Record<string, string>;
  source?: string;
}

/** Points of systemmetrics. One of a type, a moment and tags exists once: its id is made of them. */
export interface MetricPoints {
  /** Writes what was counted of that moment. Counted again, it replaces what was there. */
  replace(timestamp: Date, points: MetricPoint[]): Promise<void>;
  /** Writes what was seen at that moment. A point that is there already stays: the moment is over. */
  keep(timestamp: Date, points: MetricPoint[]): Promise<void>;
}

type Fields = Omit<SystemMetricDoc, '_id'>;

export function createMetricPoints(db: Db, time: Time): MetricPoints {
  const upsert = async (timestamp: Date, points: MetricPoint[], updateOf: (fields: Fields) => UpdateFilter<SystemMetricDoc>) => {
    if (points.length === 0) return;
    const updates = points.map(({ type, tags, ...given }) => {
      const _id = deterministicId(type, timestamp.getTime(), JSON.stringify(tags ?? {}));
      const { _id: _, ...fields } = newSystemMetric({ _id, metric_type: type, timestamp, ...given, ...(tags ? { tags } : {}) }, time.now());
      return { updateOne: { filter: { _id }, update: updateOf(fields), upsert: true } };
    });
    await db.collection<SystemMetricDoc>('systemmetrics').bulkWrite(updates, { ordered: false });
  };
  return {
    replace: (timestamp, points) => upsert(timestamp, points, ({ value, ...fields }) => ({ $set: { value }, $setOnInsert: fields })),
    keep: (timestamp, points) => upsert(timestamp, points, (fields) => ({ $setOnInsert: fields })),
  };
}
