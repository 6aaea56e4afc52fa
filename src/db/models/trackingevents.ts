import type { ObjectId } from 'mongodb';
import { Schema, type SchemaDefinition } from 'mongoose';
import { CLOSED } from './schema-options.ts';

/** The complete history of deliveries. The `_id` is made of what happened, so that telling it again changes nothing. */
export interface TrackingEventDoc {
  _id: ObjectId;
  delivery_id: ObjectId;
  attempt_id?: ObjectId;
  status: string;
  timestamp: Date;
  location?: unknown;
  notes?: string;
}

const ours = {
  delivery_id: { type: Schema.Types.ObjectId, ref: 'Delivery', required: true },
  attempt_id: { type: Schema.Types.ObjectId, ref: 'CallAttempt' },
  status: { type: String, required: true },
  timestamp: { type: Date, required: true },
  location: Schema.Types.Mixed,
  notes: { type: String },
} satisfies SchemaDefinition<TrackingEventDoc>;

export const trackingEventSchema = new Schema<TrackingEventDoc>(ours, { ...CLOSED, collection: 'trackingevents', timestamps: false });

trackingEventSchema.index({ delivery_id: 1, timestamp: 1 });
