import type { ObjectId } from 'mongodb';
import { Schema, type SchemaDefinition } from 'mongoose';
import { CLOSED } from './schema-options.ts';

const SEVEN_DAYS_IN_SECONDS = 7 * 24 * 60 * 60;

/** An `Idempotency-Key` in use, kept for seven days. A retry after a crash goes on with the delivery's id that is in it. */
export interface IdempotencyKeyDoc {
  /** The API key's id, a colon, and the SHA-256 of the header. */
  _id: string;
  api_key_id: ObjectId;
  body_hash: string;
  delivery_id: ObjectId;
  lease_until: Date;
  createdAt: Date;
}

const ours = {
  _id: { type: String, required: true },
  api_key_id: { type: Schema.Types.ObjectId, ref: 'ApiKey', required: true },
  body_hash: { type: String, required: true },
  delivery_id: { type: Schema.Types.ObjectId, ref: 'Delivery', required: true },
  lease_until: { type: Date, required: true },
  createdAt: { type: Date, required: true },
} satisfies SchemaDefinition<IdempotencyKeyDoc>;

export const idempotencyKeySchema = new Schema<IdempotencyKeyDoc>(ours, {
  ...CLOSED,
  collection: 'idempotencykeys',
  timestamps: false,
});

idempotencyKeySchema.index({ createdAt: 1 }, { expireAfterSeconds: SEVEN_DAYS_IN_SECONDS });
