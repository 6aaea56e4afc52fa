import type { AnyBulkWriteOperation, Db, UpdateFilter } from 'mongodb';
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
  /** Writes what was counted of these types at that moment. Counted again, it replaces what was there: what is no more is removed. */
  replace(timestamp: Date, types: readonly string[], points: MetricPoint[]): Promise<void>;
  /** Writes what was seen at that moment. A point that is there already stays: the moment is over. */
  keep(timestamp: Date, points: MetricPoint[]): Promise<void>;
}

type Fields = Omit<SystemMetricDoc, '_id'>;
type Write = AnyBulkWriteOperation<SystemMetricDoc>;

export function createMetricPoints(db: Db, time: Time): MetricPoints {
  const upserts = (timestamp: Date, points: MetricPoint[], updateOf: (fields: Fields) => UpdateFilter<SystemMetricDoc>) =>
    points.map(({ type, tags, ...given }) => {
      const _id = deterministicId(type, timestamp.getTime(), JSON.stringify(tags ?? {}));
      const { _id: _, ...fields } = newSystemMetric({ _id, metric_type: type, timestamp, ...given, ...(tags ? { tags } : {}) }, time.now());
      return { updateOne: { filter: { _id }, update: updateOf(fields), upsert: true } };
    });
  const write = async (writes: Write[]): Promise<void> => {
    if (writes.length > 0) await db.collection<SystemMetricDoc>('systemmetrics').bulkWrite(writes, { ordered: false });
  };
  return {
    replace: async (timestamp, types, points) => {
      const updates = upserts(timestamp, points, ({ value, ...fields }) => ({ $set: { value }, $setOnInsert: fields }));
      const _id = { $nin: updates.map(({ updateOne }) => updateOne.filter._id) };
      // A call may have got another outcome since it was counted, the last of its kind in the window.
      await write([{ deleteMany: { filter: { metric_type: { $in: [...types] }, timestamp, _id } } }, ...updates]);
    },
    keep: (timestamp, points) => write(upserts(timestamp, points, (fields) => ({ $setOnInsert: fields }))),
  };
}
