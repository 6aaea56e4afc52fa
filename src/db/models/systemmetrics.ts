import type { ObjectId } from 'mongodb';
import { Schema, type SchemaDefinition } from 'mongoose';
import { MACHINE_NOW } from './machine-now.ts';
import { CLOSED } from './schema-options.ts';

/** One measured value of one window. */
export interface SystemMetricDoc {
  _id: ObjectId;
  timestamp: Date;
  /** Such as `call_success_rate`. */
  metric_type: string;
  value: number;
  /** Such as `ms`, `percentage`, `count`. */
  unit?: string;
  tags?: Record<string, unknown>;
  source: string;
}

const seed = {
  timestamp: { type: Date, default: MACHINE_NOW },
  metric_type: { type: String, required: true },
  value: { type: Number, required: true },
  unit: { type: String },
  tags: Schema.Types.Mixed,
  source: { type: String, default: 'application' },
} satisfies SchemaDefinition<SystemMetricDoc>;

export const systemMetricSchema = new Schema<SystemMetricDoc>(seed, { ...CLOSED, collection: 'systemmetrics', timestamps: false });

systemMetricSchema.index({ timestamp: -1 });
systemMetricSchema.index({ metric_type: 1, timestamp: -1 });
systemMetricSchema.index({ source: 1, timestamp: -1 });
