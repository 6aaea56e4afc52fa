import type { ObjectId } from 'mongodb';
import { Schema, type SchemaDefinition } from 'mongoose';
import {
  CONTACT_STATES,
  DELIVERY_STATUSES,
  FOLLOW_UPS,
  PRIORITIES,
  type ContactState,
  type DeliveryStatus,
  type FollowUp,
  type Priority,
} from '#src/domain/vocabulary.ts';
import { MACHINE_NOW } from './machine-now.ts';
import { CLOSED } from './schema-options.ts';

/** A parcel (`status`) and what was settled with the customer by phone (`contact`). */
export interface DeliveryDoc {
  _id: ObjectId;
  customer_id: ObjectId;
  agent_id?: ObjectId;
  address: string;
  /** GeoJSON: longitude, latitude. */
  coordinates: { type: 'Point'; coordinates: [longitude: number, latitude: number] };
  scheduled_time: Date;
  /** Minutes. */
  estimated_duration: number;
  status: DeliveryStatus;
  priority: Priority;
  package_details: {
    /** Kilograms. */
    weight?: number;
    dimensions?: { length?: number; width?: number; height?: number };
    value?: number;
    fragile: boolean;
    signature_required: boolean;
    special_instructions?: string;
  };
  /** The latest attempt's. */
  call_log_id?: ObjectId;
  recording_id?: ObjectId;
  /** The last 50; all of them are in `trackingevents`. */
  tracking_events: DeliveryEvent[];
  actual_delivery_time?: Date;
  customer_feedback?: { rating?: number; comments?: string };
  /** Attempts after the first, whatever became of them. */
  retry_count: number;
  /** Caps the attempts after the first, but for those in the place of one that was proved not placed: `retry_count` may come to be more. */
  max_retries: number;
  /** The upstream's own order number, unique per API key. */
  external_id?: string;
  /** Who submitted it. */
  api_key_id?: ObjectId;
  /** Of what was submitted: tells the same order from another one with its number. */
  content_hash?: string;
  trace_id?: string;
  contact: DeliveryContact;
  /** Whether what its cancelling calls for is still to be done; absent where it was never cancelled. */
  cancel_follow_up?: FollowUp;
  /** The mark of the last guarded write. */
  revision?: ObjectId;
  createdAt: Date;
  updatedAt: Date;
}

export interface DeliveryContact {
  state: ContactState;
  reason?: string;
  /** When the next attempt is due. */
  next_at?: Date;
  /** What the customer said. */
  instructions?: string;
  /** The number of the attempt that wrote this last; 0 before the first. */
  attempt?: number;
}

export interface DeliveryEvent {
  _id: ObjectId;
  status?: string;
  timestamp: Date;
  location?: unknown;
  notes?: string;
}

const seed = {
  customer_id: { type: Schema.Types.ObjectId, ref: 'Customer', required: true },
  agent_id: { type: Schema.Types.ObjectId, ref: 'Agent' },
  address: { type: String, required: true },
  coordinates: {
    type: { type: String, enum: ['Point'], default: 'Point' },
    coordinates: { type: [Number], required: true },
  },
  scheduled_time: { type: Date, required: true },
  estimated_duration: { type: Number, default: 30 },
  status: { type: String, enum: DELIVERY_STATUSES, default: 'scheduled' },
  priority: { type: String, enum: PRIORITIES, default: 'normal' },
  package_details: {
    weight: { type: Number },
    dimensions: { length: { type: Number }, width: { type: Number }, height: { type: Number } },
    value: { type: Number },
    fragile: { type: Boolean, default: false },
    signature_required: { type: Boolean, default: false },
    special_instructions: { type: String },
  },
  call_log_id: { type: Schema.Types.ObjectId, ref: 'CallLog' },
  recording_id: { type: Schema.Types.ObjectId, ref: 'Recording' },
  tracking_events: [
    {
      status: { type: String },
      timestamp: { type: Date, default: MACHINE_NOW },
      location: Schema.Types.Mixed,
      notes: { type: String },
    },
  ],
  actual_delivery_time: { type: Date },
  customer_feedback: { rating: { type: Number, min: 1, max: 5 }, comments: { type: String } },
  retry_count: { type: Number, default: 0 },
  max_retries: { type: Number, default: 3 },
} satisfies SchemaDefinition<DeliveryDoc>;

const additions = {
  external_id: { type: String },
  api_key_id: { type: Schema.Types.ObjectId, ref: 'ApiKey' },
  content_hash: { type: String },
  trace_id: { type: String },
  contact: {
    state: { type: String, enum: CONTACT_STATES, default: 'pending' },
    reason: { type: String },
    next_at: { type: Date },
    instructions: { type: String },
    attempt: { type: Number, min: 0 },
  },
  cancel_follow_up: { type: String, enum: FOLLOW_UPS },
  revision: { type: Schema.Types.ObjectId },
} satisfies SchemaDefinition<DeliveryDoc>;

export const deliverySchema = new Schema<DeliveryDoc>({ ...seed, ...additions }, { ...CLOSED, collection: 'deliveries', timestamps: true });

deliverySchema.index({ customer_id: 1 });
deliverySchema.index({ agent_id: 1 });
deliverySchema.index({ status: 1 });
deliverySchema.index({ scheduled_time: 1 });
deliverySchema.index({ priority: -1 });
deliverySchema.index({ coordinates: '2dsphere' });
deliverySchema.index({ 'package_details.fragile': 1 });
deliverySchema.index({ createdAt: -1 });

// Ours: one order per upstream and number, deliveries that wait for their first attempt, cancellations that nobody has seen through yet, and the
// two lists of the API.
// `$gt: ''` means any string: unlike `$type`, the planner sees that a look-up of one order is within it, and uses the index.
deliverySchema.index({ api_key_id: 1, external_id: 1 }, { unique: true, partialFilterExpression: { external_id: { $gt: '' } } });
deliverySchema.index({ 'contact.next_at': 1 }, { partialFilterExpression: { 'contact.state': 'pending' } });
deliverySchema.index({ updatedAt: 1, _id: 1 }, { name: 'cancellation', partialFilterExpression: { cancel_follow_up: 'due' } });
deliverySchema.index({ status: 1, _id: -1 });
deliverySchema.index({ customer_id: 1, _id: -1 });
