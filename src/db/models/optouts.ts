import type { ObjectId } from 'mongodb';
import { Schema, type SchemaDefinition } from 'mongoose';
import { CLOSED } from './schema-options.ts';

/** A phone number that is never called again, whatever becomes of the customer's document. */
export interface OptOutDoc {
  /** E.164. */
  _id: string;
  source: string;
  attempt_id?: ObjectId;
  createdAt: Date;
}

const ours = {
  _id: { type: String, required: true },
  source: { type: String, required: true },
  attempt_id: { type: Schema.Types.ObjectId, ref: 'CallAttempt' },
  createdAt: { type: Date, required: true },
} satisfies SchemaDefinition<OptOutDoc>;

export const optOutSchema = new Schema<OptOutDoc>(ours, { ...CLOSED, collection: 'optouts', timestamps: false });
