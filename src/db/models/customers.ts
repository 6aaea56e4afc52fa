import type { ObjectId } from 'mongodb';
import { Schema, type SchemaDefinition } from 'mongoose';
import { CLOSED } from './schema-options.ts';

export const CONTACT_METHODS = ['call', 'sms', 'both'] as const;
export type ContactMethod = (typeof CONTACT_METHODS)[number];

export interface CustomerDoc {
  _id: ObjectId;
  name: string;
  /** E.164. */
  phone: string;
  email?: string;
  address?: string;
  preferences: {
    /** Such as `09:00-12:00`, in the customer's time zone. */
    preferred_times: string[];
    /** Such as `monday`. */
    preferred_days: string[];
    delivery_instructions?: string;
    contact_method: ContactMethod;
    language: string;
    /** IANA name. */
    timezone: string;
  };
  /** The last 50 calls; all of them are in `calllogs`. */
  call_history: CustomerCall[];
  total_deliveries: number;
  successful_deliveries: number;
  last_delivery_date?: Date;
  /** 1 to 5. */
  customer_rating?: number;
  /** The mark of the last guarded write. */
  revision?: ObjectId;
  createdAt: Date;
  updatedAt: Date;
}

export interface CustomerCall {
  _id: ObjectId;
  call_id?: ObjectId;
  timestamp?: Date;
  status?: string;
  /** Seconds. */
  duration?: number;
}

const seed = {
  name: { type: String, required: true },
  phone: { type: String, required: true },
  email: { type: String },
  address: { type: String },
  preferences: {
    preferred_times: [String],
    preferred_days: [String],
    delivery_instructions: { type: String },
    contact_method: { type: String, enum: CONTACT_METHODS, default: 'call' },
    language: { type: String, default: 'en' },
    timezone: { type: String, default: 'America/New_York' },
  },
  call_history: [
    {
      call_id: { type: Schema.Types.ObjectId, ref: 'CallLog' },
      timestamp: { type: Date },
      status: { type: String },
      duration: { type: Number },
    },
  ],
  total_deliveries: { type: Number, default: 0 },
  successful_deliveries: { type: Number, default: 0 },
  last_delivery_date: { type: Date },
  customer_rating: { type: Number, min: 1, max: 5 },
} satisfies SchemaDefinition<CustomerDoc>;

const additions = {
  revision: { type: Schema.Types.ObjectId },
} satisfies SchemaDefinition<CustomerDoc>;

export const customerSchema = new Schema<CustomerDoc>({ ...seed, ...additions }, { ...CLOSED, collection: 'customers', timestamps: true });

customerSchema.index({ phone: 1 }, { unique: true });
customerSchema.index({ email: 1 });
customerSchema.index({ 'preferences.preferred_days': 1 });
customerSchema.index({ total_deliveries: -1 });
customerSchema.index({ last_delivery_date: -1 });
