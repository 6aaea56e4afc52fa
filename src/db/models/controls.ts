import { Schema, type SchemaDefinition } from 'mongoose';
import { CLOSED } from './schema-options.ts';

/**
 * What holds while Redis is empty, one free-form document each: `calls`, the kill switch and the budget (`day` as YYYY-MM-DD), and
 * `metrics-rollup` and `books`, counted `until` then.
 */
export interface ControlDoc {
  _id: string;
  updatedAt: Date;
  enabled?: boolean;
  daily_budget?: number | null;
  day?: string;
  used?: number;
  reason?: string;
  until?: Date;
}

const ours = {
  _id: { type: String, required: true },
  updatedAt: { type: Date },
} satisfies SchemaDefinition<ControlDoc>;

export const controlSchema = new Schema<ControlDoc>(ours, { ...CLOSED, strict: false, collection: 'controls', timestamps: false });
